"""Map: the passages of an index in a plane, those of the last question marked."""

from dataclasses import dataclass, replace

import streamlit as st

from indexer.database import read_meta
from indexer.errors import CrosstongueError
from indexer.index import Index
from search.hits import Hit
from search.neighbourhoods import installed
from search.projection import Projection
from ui.map_component import draw_map
from ui.output import count
from ui.page_acting import ASKED, read
from ui.page_asked import Asked, answers
from ui.page_drawing import faults_as_sentences, header, line, notice
from ui.page_index import KEPT_OPEN, Stamp, facts_of, index_here, searcher_of, written
from ui.page_keeping import chosen, kept
from ui.page_map import Colouring, LayoutRun, Picture, payload, picture_of, vectors_of
from ui.progress_bar import duration
from ui.safe_text import shown_name

MARKED = 20
_COLOURINGS: dict[str, Colouring] = {"Language": "language", "Folder": "folder", "Label": "label"}

_COLOURING, _CENTRED, _LAYOUT = "map-colouring", "map-centred", "map-layout"
_LAYOUTS = OVERVIEW, NEIGHBOURS = "as they vary most", "with their neighbours"


def page() -> None:
    """Draw the page."""
    header("Passages that say similar things lie close together.", wide=True)
    index = index_here()
    if index is None or not facts_of(index).status.passages:
        notice("Nothing is indexed yet.", "Add a folder on the Library page.")
        return
    labelled = any(label.documents for label in facts_of(index).status.labels)
    offered = [name for name in _COLOURINGS if labelled or name != "Label"]
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        colouring = st.segmented_control(
            "Colour by",
            offered,
            default=kept(_COLOURING, "Language", offered),
            persist_state="session",
            key=_COLOURING,
            required=True,
            on_change=chosen,
            args=(_COLOURING,),
        )
        centred = st.toggle(
            "Without what sets languages apart",
            value=kept(_CENTRED, False),
            help="Takes each language's mean off its passages, so that they lie by what they say "
            "and not by what they are written in.",
            key=_CENTRED,
            persist_state="session",
            on_change=chosen,
            args=(_CENTRED,),
        )
        layout = OVERVIEW
        if installed():
            layout = st.segmented_control(
                "Lie together",
                _LAYOUTS,
                default=kept(_LAYOUT, OVERVIEW, _LAYOUTS),
                persist_state="session",
                key=_LAYOUT,
                required=True,
                on_change=chosen,
                args=(_LAYOUT,),
            )
    hits = _hits(index)
    marked = tuple(passage.id for hit in hits for passage in hit.passages[:1])
    if layout == NEIGHBOURS:
        picture = _laid_out(index, centred=bool(centred))
    else:
        with st.spinner("Projecting the passages…"):
            picture = _picture(index, id(index), written(index.folder), centred, marked)
    data = payload(picture, _COLOURINGS[colouring or "Language"], facts_of(index).roots, marked)
    opened = draw_map(data, key="map")
    line(_summary(picture, len(data["hits"])))
    if opened is not None:
        read(index, opened)


@dataclass(frozen=True, slots=True)
class _Layout:
    """Passages laid out by their neighbours, or being so, as the index was at some moment."""

    picture: Picture
    run: LayoutRun
    revision: str


@st.cache_resource(show_spinner="Projecting the passages…", max_entries=2 * KEPT_OPEN)
def _layout(_index: Index, identity: int, centred: bool) -> _Layout:
    revision = read_meta(_index.connection)["revision"]
    picture = picture_of(_index, centred=centred)
    return _Layout(picture, LayoutRun(vectors_of(_index, picture, centred=centred)), revision)


def _laid_out(index: Index, *, centred: bool) -> Picture:
    """Return the passages by their neighbours; as they vary most until that is done.

    Laying out takes a minute, so an index that has changed meanwhile is not laid out by itself.
    """
    layout = _layout(index, id(index), centred)
    run = layout.run
    if run.running:
        st.fragment(run_every=1.0)(_follow)(run, len(layout.picture.ids))
        return layout.picture
    if run.done:
        changed = layout.revision != read_meta(index.connection)["revision"]
        if changed:
            _offer_again("The index has changed since the passages were laid out.")
        return replace(layout.picture, projection=Projection(run.points, None))
    _offer_again(run.complaint or "Stopped: the passages lie as they vary most.")
    return layout.picture


def _offer_again(words: str) -> None:
    notice(words)
    st.button("Lay them out again", key="layout-again", on_click=_layout.clear)


def _follow(run: LayoutRun, passages: int) -> None:
    if not run.running:
        st.rerun()
    line(
        f"Laying {count(passages, 'passage')} out by their neighbours, {duration(run.seconds)} so "
        "far; 50,000 take a minute or two. Until then they lie as they vary most."
    )
    st.button("Stop", key="stop-layout", on_click=run.stop)


@st.cache_resource(show_spinner=False, max_entries=2 * KEPT_OPEN)
def _picture(
    _index: Index, identity: int, state: Stamp, centred: bool, marked: tuple[int, ...]
) -> Picture:
    return picture_of(_index, centred=centred, wanted=marked)


def _hits(index: Index) -> list[Hit]:
    """Return what the last question found, in this window."""
    asked = st.session_state.get(ASKED)
    if not isinstance(asked, Asked) or not asked.query.strip():
        return []
    try:
        return answers(searcher_of(index), asked, MARKED)
    except CrosstongueError as error:
        notice(str(error), error=True)
        return []


def _summary(picture: Picture, marked: int) -> str:
    shown = f"{len(picture.ids):,} passages"
    if len(picture.ids) < picture.total:
        shown = f"{len(picture.ids):,} of {picture.total:,} passages, chosen at random"
    share = picture.projection.share
    words = f"{shown} · neighbours stay neighbours; how far groups lie apart means little"
    if share is not None:
        words = f"{shown} · the plane keeps {share:.0%} of what sets them apart"
    asked = st.session_state.get(ASKED)
    if marked and isinstance(asked, Asked):
        words += f" · ringed: the first {marked} answers to “{shown_name(asked.query[:80])}”"
    return f"{words} · drag to move, scroll to zoom, click to read"


with faults_as_sentences():
    page()
