"""Library: which folders are indexed, how the work is going, and what could not be read."""

import os
from pathlib import Path

import streamlit as st

from indexer.errors import CrosstongueError
from indexer.index import Index
from indexer.status import IndexStatus, Source
from indexer.syncing import sync
from ui.encoder_choice import EncoderChoice
from ui.language_names import language_name
from ui.locations import index_folder
from ui.media_names import media_name
from ui.output import count
from ui.page_drawing import faults_as_sentences, header, line, notice, section
from ui.page_index import Facts, facts_of, folder_counts, index_here
from ui.page_library import Cost, bars_html, changes, cost_of, cost_words, plan_html
from ui.page_panels import add_folder, at_work, job_panel, samples, start_indexing
from ui.page_watching import watcher_of
from ui.safe_text import path_html, text_html

# A page is for looking through them; `crosstongue status --json` lists every one.
FAILED_SHOWN = 200
MEGABYTE = 1_000_000

_FAULT, _ENCODER = "forget-fault", "another-encoder"


def page() -> None:
    """Draw the page."""
    index = index_here()
    header("The folders you search.")
    section("Add a folder")
    add_folder()
    job_panel(last=True)
    if index is None:
        line("Nothing is indexed yet.")
        _offer_samples(())
        return
    facts = facts_of(index)
    status = facts.status
    section("Folders")
    busy = at_work(index)
    for source in status.sources:
        _source(index, source, busy=busy)
    _offer_samples(status.sources)
    if status.failed:
        _failed(status, busy=busy)
    if status.documents:
        section("Documents")
        _charts(index, facts)
    section("Index")
    line(_summary(status))
    st.html(f'<p class="ct-line">{path_html(status.folder)}</p>')
    if status.passages:
        _another_encoder(index, status, busy=busy)


def _charts(index: Index, facts: Facts) -> None:
    languages = [(language_name(one.language), one.documents) for one in facts.status.languages]
    types = [(media_name(type_), documents) for type_, documents in facts.types]
    charts = (
        ("By language", [one for one in languages if one[1]]),
        ("By type", types),
        ("By folder", folder_counts(index, facts)),
    )
    html = "".join(bars_html(title, counts) for title, counts in charts)
    st.html(f'<div class="ct-charts">{html}</div>')


def _another_encoder(index: Index, status: IndexStatus, *, busy: bool) -> None:
    """Draw the form that changes the encoder: first what it costs, then the button that does it."""
    line(f"encoder: {status.encoder} · {status.dimension} dimensions · {status.fingerprint}")
    with st.expander("Another encoder"):
        name = st.text_input(
            "Encoder",
            placeholder="A name of the Encoders page, owner/name or /home/you/model",
            key=_ENCODER,
            autocomplete="off",
            help="Every passage is embedded again from the stored text; no file is read.",
        ).strip()
        if not name:
            return
        with st.spinner("Trying the encoder on some passages…"):
            cost = _cost(index, id(index), name, status.passages)
        line(cost_words(cost))
        st.button(
            "Embed everything with it",
            key="re-embed",
            on_click=start_indexing,
            args=(None, "--re-embed", "--encoder", name),
            disabled=busy,
        )


@st.cache_data(show_spinner=False, max_entries=8)
def _cost(_index: Index, identity: int, name: str, passages: int) -> Cost:
    return cost_of(_index, EncoderChoice(name).load(), passages)


def _source(index: Index, source: Source, *, busy: bool) -> None:
    folder = Path(os.fsdecode(source.root))
    there = folder.is_dir()
    words = count(source.documents, "document")
    if not there:
        words += " · the folder is not there now"
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.html(
            f'<div class="ct-source"><p>{path_html(folder)}</p>'
            f'<p class="ct-line">{text_html(words)}</p></div>'
        )
        key = source.root.hex()
        st.button(
            "Update",
            key=f"update-{key}",
            on_click=start_indexing,
            args=(folder,),
            disabled=busy or not there,
        )
        # One key whatever it shows: another would stand beside it until the page is drawn.
        watch = f"watch-{key}"
        st.session_state[watch] = source.watched
        st.toggle(
            "Watch",
            key=watch,
            help="While this page is served, whatever changes in the folder is indexed within "
            "seconds.",
            on_change=_watch,
            args=(index, source),
        )
        planned = st.button("Plan", key=f"plan-{key}", disabled=busy or not there)
        if st.button("Forget", key=f"forget-{key}", disabled=busy):
            _confirm_forgetting(index, source)
    if planned:
        _show_plan(index, folder)
    if refused := watcher_of(str(index_folder())).refused.get(source.root):
        notice(refused, error=True)


def _watch(index: Index, source: Source) -> None:
    index.set_watched(source.root, not source.watched)


@st.dialog("What an update would do", width="medium")
def _show_plan(index: Index, folder: Path) -> None:
    with faults_as_sentences():
        with st.spinner("Looking through the folder…"):
            report = sync(index, folder, dry_run=True)
        st.html(plan_html(report))
        if not changes(report):
            line("Nothing has changed.")
            return
        if st.button(
            "Apply", type="primary", key="plan-apply", on_click=start_indexing, args=(folder,)
        ):
            st.rerun()


@st.dialog("Forget this folder?")
def _confirm_forgetting(index: Index, source: Source) -> None:
    removed = count(source.documents, "document")
    st.html(
        f'<p class="ct-source">{path_html(os.fsdecode(source.root))}</p>'
        f'<p class="ct-line">{removed} will leave the index. The files themselves stay '
        "untouched, and you can index the folder again.</p>"
    )
    with st.container(horizontal=True, gap="small"):
        forgotten = st.button(
            "Forget the folder",
            type="primary",
            key="forget-yes",
            on_click=_forget,
            args=(index, source.root),
        )
        kept = st.button("Keep it", key="forget-no")
    fault = st.session_state.get(_FAULT)
    if kept or (forgotten and not fault):
        st.rerun()
    if forgotten and fault:
        notice(fault, error=True)


def _forget(index: Index, root: bytes) -> None:
    st.session_state[_FAULT] = None
    try:
        index.forget(root)
    except CrosstongueError as error:
        st.session_state[_FAULT] = str(error)


def _offer_samples(sources: tuple[Source, ...]) -> None:
    if os.fsencode(samples()) not in {source.root for source in sources}:
        st.button("Add the sample folder", on_click=start_indexing, args=(samples(),))


def _failed(status: IndexStatus, *, busy: bool) -> None:
    section(f"{count(len(status.failed), 'file')} could not be read")
    st.button(
        "Try again", key="retry", on_click=start_indexing, args=(None, "--retry"), disabled=busy
    )
    items = "".join(
        f"<li>{path_html(file.path)}<span class='ct-reason'>{text_html(file.reason)}</span></li>"
        for file in status.failed[:FAILED_SHOWN]
    )
    st.html(f'<ul class="ct-failed">{items}</ul>')
    if len(status.failed) > FAILED_SHOWN:
        notice(
            f"The first {FAILED_SHOWN} are shown.", "`crosstongue status --json` lists them all."
        )


def _summary(status: IndexStatus) -> str:
    return " · ".join(
        (
            count(status.documents, "document"),
            count(status.passages, "passage"),
            count(len(status.languages), "language"),
            f"{status.size_bytes / MEGABYTE:,.1f} MB",
        )
    )


with faults_as_sentences():
    page()
