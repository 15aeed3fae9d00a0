"""The panels that several pages draw: adding a folder, and the job at work.

What they show comes from `page_jobs` and the index; which page they stand on is not known here.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from indexer import jobs
from indexer.errors import CrosstongueError
from indexer.index import Index
from indexer.jobs import Job
from indexer.resources import data_folder
from ui.locations import index_folder
from ui.page_choosing import choose_folder
from ui.page_drawing import faults_as_sentences, notice
from ui.page_index import has_documents, index_here
from ui.page_jobs import JobStarter, Progress, checked_folder, progress_of, starter_of
from ui.safe_text import text_html

# Often enough to look alive; reading a job's row takes about a millisecond.
SECONDS_BETWEEN_LOOKS = 1.0
# With nothing at work: a job started from a terminal shows up within this time.
SECONDS_BETWEEN_IDLE_LOOKS = 5.0

_FOLDER, _FAULT = "folder-to-index", "folder-fault"


def starter_here() -> JobStarter:
    """Return the starter of jobs for the page's index."""
    return starter_of(str(index_folder()))


def samples() -> Path:
    """Return the folder of documents that ships with Crosstongue."""
    return (data_folder() / "samples").resolve()


def at_work(index: Index | None) -> bool:
    """Whether a job is running, paused or just being started."""
    job = jobs.current(index) if index is not None else None
    return (job is not None and job.active) or starter_here().working


def start_indexing(folder: Path | None, *options: str) -> None:
    """Index a folder, or bring it up to date; what is wrong shows beside the form.

    :param folder: None brings every folder up to date.
    :param options: of `crosstongue index`.
    """
    _attempt(lambda: folder, *options)


def add_folder() -> None:
    """Draw the form that indexes a folder."""
    with (
        st.form("add-folder", border=False),
        st.container(horizontal=True, gap="small", vertical_alignment="bottom"),
    ):
        st.text_input(
            "Folder with documents",
            placeholder="/home/you/Documents",
            key=_FOLDER,
            autocomplete="off",
        )
        st.form_submit_button("Index this folder", type="primary", on_click=_start_typed)
    if st.button("Look for it…", key="look-for-folder", type="tertiary"):
        choose_folder(start_indexing)
    if fault := st.session_state.get(_FAULT):
        notice(fault, error=True)


def job_panel(*, last: bool) -> None:
    """Draw the job at work and its buttons, live.

    :param last: draw the last job too when none is at work.
    """
    drawn = _seen()
    pause = SECONDS_BETWEEN_LOOKS if drawn.at_work else SECONDS_BETWEEN_IDLE_LOOKS
    st.fragment(run_every=pause)(_watched)(drawn, last)


@dataclass(frozen=True, slots=True)
class _Seen:
    """What the page around the panel depends on.

    :param job: the last that is over; one that came and went unseen has changed the counts too.
    """

    at_work: bool
    has_documents: bool
    job: int | None


def _seen() -> _Seen:
    index = index_here()
    if index is None:
        return _Seen(at_work(None), has_documents=False, job=None)
    job = jobs.current(index)
    over = None if job is None or job.active else job.id
    return _Seen(at_work(index), has_documents(index), over)


def _watched(drawn: _Seen, last: bool) -> None:
    """Draw the job; draw the whole page again when work began or ended, or documents appeared."""
    with faults_as_sentences():
        if drawn != _seen():
            st.rerun()
        index = index_here()
        job = jobs.current(index) if index is not None else None
        if drawn.at_work:
            _at_work(index, job)
        elif last:
            _over(job)


def _at_work(index: Index | None, job: Job | None) -> None:
    if index is None or job is None or not job.active:
        folder = starter_here().folder or "the index"
        _progress(Progress(f"Starting: {folder}", "Opening the index…", None))
        return
    _progress(progress_of(job))
    with st.container(horizontal=True, gap="small", key="job-buttons"):
        if job.state == "paused":
            asked = job.request in ("resume", "stop")
            _request("Go on", jobs.request_resume, index, job, disabled=asked)
        else:
            asked = job.request is not None
            _request("Pause", jobs.request_pause, index, job, disabled=asked)
        _request("Stop", jobs.request_stop, index, job, disabled=job.request == "stop")


def _over(job: Job | None) -> None:
    starter = starter_here()
    if starter.complaint and (job is None or job.started_at < starter.started_at):
        notice(starter.complaint, error=True)
        return
    if job is None:
        return
    if job.state == "failed":
        notice(job.error or "The last run failed.", error=True)
        return
    words = progress_of(job)
    remedy = None
    if job.state in ("interrupted", "stopped"):
        remedy = "Press Update beside the folder to go on where it stopped."
    notice(f"{words.headline}. {words.detail}.", remedy)


def _progress(progress: Progress) -> None:
    share = progress.share
    bar = (
        '<div class="ct-bar ct-unknown"><i></i></div>'
        if share is None
        else f'<div class="ct-bar"><i style="width:{share:.1%}"></i></div>'
    )
    st.html(
        f'<div class="ct-job" role="status"><p dir="auto">{text_html(progress.headline)}</p>{bar}'
        f'<p class="ct-line">{text_html(progress.detail)}</p></div>'
    )


def _request(
    label: str, ask: Callable[[Index, int], bool], index: Index, job: Job, *, disabled: bool
) -> None:
    st.button(label, key=f"job-{label}", on_click=ask, args=(index, job.id), disabled=disabled)


def _start_typed() -> None:
    _attempt(lambda: checked_folder(st.session_state[_FOLDER]))


def _attempt(folder: Callable[[], Path | None], *options: str) -> None:
    st.session_state[_FAULT] = None
    try:
        starter_here().start(folder(), *options)
    except CrosstongueError as error:
        st.session_state[_FAULT] = str(error)
