"""Search: a question in any language, answered by passages in any language."""

import time
from dataclasses import replace

import streamlit as st

from indexer.index import Index
from indexer.language_tags import UNDETERMINED
from search.confidence import NOTHING_ANSWERS, nothing_answers
from search.hits import Hit
from ui.language_names import language_name
from ui.media_names import media_name
from ui.output import count
from ui.page_acting import ASKED, LIKE, act_on_hits, exports
from ui.page_asked import EARLIEST, LATEST, Asked, answers
from ui.page_drawing import faults_as_sentences, header, line, notice, section
from ui.page_examples import EXAMPLES
from ui.page_index import Facts, facts_of, index_here, meet_words, prepare_to_search, searcher_of
from ui.page_keeping import chosen, kept
from ui.page_panels import add_folder, at_work, job_panel, samples, start_indexing
from ui.page_reading import reading_of
from ui.page_results import cards_html
from ui.safe_text import shown_name

FIRST_RESULTS = 10
MORE_RESULTS = 10
MOST_RESULTS = 100
# A word or two may belong to several languages; a guess is not shown.
SURE = 0.8

_QUERY = "q"
_LANGUAGES, _TYPES, _FOLDERS = _ALWAYS = ("languages", "types", "folders")
_LABELS, _ENTITIES = _FACETS = ("labels", "entities")
_CHOICES = (*_ALWAYS, *_FACETS)
_AFTER, _BEFORE, _BALANCE, _WORDS = "after", "before", "balance", "words"
# Where a session keeps what the address said last, and how many results it shows.
_ADDRESS, _LIMIT = "address", "limit"


def page() -> None:
    """Draw the page."""
    index = index_here()
    facts = facts_of(index) if index is not None else None
    if index is None or facts is None or not facts.status.documents:
        _welcome(index)
        return
    header("Ask in your language, read answers in any.")
    prepare_to_search(index)
    _recall(facts)
    st.text_input(
        "Search",
        key=_QUERY,
        type="search",
        icon=None,
        placeholder="Ask a question, or describe what you are looking for",
        label_visibility="collapsed",
        autocomplete="off",
        on_change=_no_more_like,
    )
    _filters(facts)
    asked = _asked()
    _remember(asked)
    if at_work(index):
        job_panel(last=False)
    act_on_hits(index)
    with faults_as_sentences():
        if asked.like is not None:
            _similar(index, facts, asked.like)
        elif asked.query.strip():
            _results(index, facts, asked)
        else:
            _invitation(facts)
    meet_words(index)


def _welcome(index: Index | None) -> None:
    """Tell a newcomer what to do."""
    header("Search documents across languages.")
    if at_work(index):
        st.html('<p class="ct-lead">You can search as soon as the first documents are in.</p>')
        job_panel(last=False)
        return
    st.html(
        '<p class="ct-lead">Point Crosstongue at a folder of documents in any mix of languages. '
        "Then ask in yours: it finds the passages that answer, whatever language they are in. "
        "Everything stays on this machine.</p>"
    )
    section("Choose a folder")
    add_folder()
    line("PDF, Word, PowerPoint, Excel, OpenDocument, EPUB, HTML, Markdown, text, e-mail and more.")
    section("Or look around first")
    line("The samples are short texts about everyday things in many languages.")
    st.button("Try the sample folder", on_click=start_indexing, args=(samples(),))
    job_panel(last=True)


def _invitation(facts: Facts) -> None:
    """Say what can be searched, and offer questions where we know good ones."""
    status = facts.status
    known = [entry for entry in status.languages if entry.language != UNDETERMINED]
    languages = count(len(known), "language")
    line(f"{count(status.documents, 'document')} in {languages} can be searched.")
    if samples() in facts.roots:
        section("Try one of these")
        with st.container(horizontal=True, gap="small", key="examples"):
            for question in EXAMPLES:
                st.button(question, on_click=_ask, args=(question,))


def _results(index: Index, facts: Facts, asked: Asked) -> None:
    limit = st.session_state[_LIMIT]
    with st.spinner("Loading the index…"):
        searcher = searcher_of(index)
    began = time.perf_counter()
    hits = answers(searcher, asked, limit, explain=True)
    took = time.perf_counter() - began
    if searcher.notice:
        notice(searcher.notice)
    if not hits:
        notice("No document passes these filters.", "Clear them, or choose others.")
        st.button("Clear the filters", on_click=_clear_filters)
        return
    if nothing_answers(hits):
        notice(NOTHING_ANSWERS)
    line(_summary(hits, took, *searcher.query_language(asked.query)))
    st.html(cards_html(hits, facts.roots))
    if len(hits) == limit < MOST_RESULTS:
        st.button("More results", on_click=_more)
    exports(hits, asked.query)


def _similar(index: Index, facts: Facts, passage: int) -> None:
    """Draw what is like a passage, whatever the filters say."""
    with st.container(horizontal=True, vertical_alignment="center", key="like"):
        st.button("Back to the question", on_click=_no_more_like)
    reading = reading_of(index, passage)
    line(f"Like passage {reading.ordinal + 1} of “{shown_name(reading.title)}”, in all languages")
    limit = st.session_state[_LIMIT]
    hits = searcher_of(index).similar(reading.path, reading.ordinal, limit)
    if not hits:
        notice("Nothing else is in the index.")
        return
    st.html(cards_html(hits, facts.roots))
    if len(hits) == limit < MOST_RESULTS:
        st.button("More results", on_click=_more)
    exports(hits, reading.title)


def _summary(hits: list[Hit], seconds: float, asked_in: str, probability: float) -> str:
    languages = len({hit.language for hit in hits})
    found = f"{count(len(hits), 'document')} in {count(languages, 'language')}"
    sure = asked_in != UNDETERMINED and probability >= SURE
    asked = f" · asked in {language_name(asked_in)}" if sure else ""
    return f"{found}{asked} · {seconds * 1000:,.0f} ms"


def _filters(facts: Facts) -> None:
    languages = {
        entry.language: f"{language_name(entry.language)} ({entry.documents:,})"
        for entry in facts.status.languages
    }
    types = {type_: f"{media_name(type_)} ({documents:,})" for type_, documents in facts.types}
    labels = {
        label.name: f"{shown_name(label.name)} ({label.documents:,})"
        for label in facts.status.labels
        if label.documents
    }
    entities = {
        entity.name: f"{shown_name(entity.name)} ({entity.documents:,})"
        for entity in reversed(facts.status.entities)
    }
    with st.sidebar:
        _filter("Language", _LANGUAGES, languages, "All languages")
        _filter("File type", _TYPES, types, "All types")
        _filter("Folder", _FOLDERS, _folder_labels(facts), "All folders")
        if labels:
            _filter("Label", _LABELS, labels, "All labels")
        if entities:
            _filter("Name", _ENTITIES, entities, "All names")
        for label, key in (("Changed since", _AFTER), ("Changed before", _BEFORE)):
            st.date_input(label, key=key, min_value=EARLIEST, max_value=LATEST, format="YYYY-MM-DD")
        st.toggle(
            "Balance languages",
            key=_BALANCE,
            on_change=chosen,
            args=(_BALANCE,),
            help="Spread the first documents over languages, so that none fills the page.",
        )
        st.toggle(
            "Words beside meaning",
            key=_WORDS,
            on_change=chosen,
            args=(_WORDS,),
            help="Names, numbers and rare words count as they are spelled; without it, meaning "
            "alone decides.",
        )


def _filter(label: str, key: str, names: dict[str, str], everything: str) -> None:
    """Draw a filter over the values that `names` has a name for."""
    if st.session_state.get(f"{key}-names") != names:
        # The browser knows a choice by its name; a name whose count has grown is told again.
        st.session_state[key] = [value for value in st.session_state[key] if value in names]
        st.session_state[f"{key}-names"] = names
    st.multiselect(label, list(names), key=key, format_func=names.get, placeholder=everything)


def _folder_labels(facts: Facts) -> dict[str, str]:
    """Return the folders with a short name each, or their whole path where two would be alike."""
    short = {}
    for folder in facts.folders:
        root = max((root for root in facts.roots if folder.is_relative_to(root)), key=str)
        short[str(folder)] = shown_name(str(folder.relative_to(root.parent)))
    names = list(short.values())
    return {
        path: name if names.count(name) == 1 else shown_name(path) for path, name in short.items()
    }


def _recall(facts: Facts) -> None:
    """Put into the widgets what the address asks, or what was asked before another page showed."""
    address = _address()
    if _QUERY in st.session_state:
        # What a person has just changed wins: the browser may not have heard of the address that
        # the last run wrote. Otherwise another address means that they went back to it.
        changed = _asked() != st.session_state.get(ASKED)
        if changed or address == st.session_state.get(_ADDRESS):
            return
    asked = Asked.from_address(address)
    if _QUERY not in st.session_state and not address:
        usual = replace(asked, balance=kept(_BALANCE, False), words=kept(_WORDS, True))
        asked = st.session_state.get(ASKED, usual)
    languages = [entry.language for entry in facts.status.languages]
    labels = [label.name for label in facts.status.labels if label.documents]
    entities = [entity.name for entity in facts.status.entities]
    types = [name for name, _ in facts.types]
    asked = asked.within(languages, types, facts.folders, labels, entities)
    st.session_state[_QUERY] = asked.query
    st.session_state[_LANGUAGES] = list(asked.languages)
    st.session_state[_TYPES] = list(asked.types)
    st.session_state[_FOLDERS] = list(asked.folders)
    st.session_state[_LABELS] = list(asked.labels)
    st.session_state[_ENTITIES] = list(asked.entities)
    st.session_state[_AFTER], st.session_state[_BEFORE] = asked.after, asked.before
    st.session_state[_BALANCE], st.session_state[_WORDS] = asked.balance, asked.words
    st.session_state[LIKE] = asked.like


def _asked() -> Asked:
    state = st.session_state
    filters = (tuple(state[choice]) for choice in _ALWAYS)
    rest = (state[name] for name in (_AFTER, _BEFORE, _BALANCE, _WORDS))
    # Where there are no labels, nothing draws their filter, and Streamlit forgets it.
    facets = (tuple(state.get(choice, ())) for choice in _FACETS)
    return Asked(state[_QUERY] or "", *filters, *rest, state[LIKE], *facets)


def _remember(asked: Asked) -> None:
    """Write what is asked into the address; another question begins with its first results."""
    if asked != st.session_state.get(ASKED) or _LIMIT not in st.session_state:
        st.session_state[_LIMIT] = FIRST_RESULTS
    st.session_state[ASKED] = asked
    if asked.address != _address():
        st.query_params.from_dict(asked.address)
    st.session_state[_ADDRESS] = asked.address


def _address() -> dict[str, list[str]]:
    return {name: st.query_params.get_all(name) for name in st.query_params}


def _ask(question: str) -> None:
    _no_more_like()
    st.session_state[_QUERY] = question


def _no_more_like() -> None:
    st.session_state[LIKE] = None


def _clear_filters() -> None:
    for choice in _CHOICES:
        st.session_state[choice] = []
    st.session_state[_AFTER] = st.session_state[_BEFORE] = None


def _more() -> None:
    st.session_state[_LIMIT] += MORE_RESULTS


with faults_as_sentences():
    page()
