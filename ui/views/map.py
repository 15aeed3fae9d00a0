"""Map: the passages of an index in a plane, those of the last question marked."""

import streamlit as st

from indexer.errors import CrosstongueError
from indexer.index import Index
from search.hits import Hit
from ui.map_component import draw_map
from ui.page_acting import ASKED, read
from ui.page_asked import Asked, answers
from ui.page_drawing import faults_as_sentences, header, line, notice
from ui.page_index import KEPT_OPEN, Stamp, facts_of, index_here, searcher_of, written
from ui.page_keeping import chosen, kept
from ui.page_map import Colouring, Picture, payload, picture_of
from ui.safe_text import shown_name

MARKED = 20
_COLOURINGS: dict[str, Colouring] = {"Language": "language", "Folder": "folder", "Label": "label"}

_COLOURING, _CENTRED = "map-colouring", "map-centred"


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
    hits = _hits(index)
    marked = tuple(passage.id for hit in hits for passage in hit.passages[:1])
    with st.spinner("Projecting the passages…"):
        picture = _picture(index, id(index), written(index.folder), centred, marked)
    data = payload(picture, _COLOURINGS[colouring or "Language"], facts_of(index).roots, marked)
    opened = draw_map(data, key="map")
    line(_summary(picture, len(marked)))
    if opened is not None:
        read(index, opened)


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
    words = f"{shown} · the plane keeps {picture.projection.share:.0%} of what sets them apart"
    asked = st.session_state.get(ASKED)
    if marked and isinstance(asked, Asked):
        words += f" · ringed: the first {marked} answers to “{shown_name(asked.query[:80])}”"
    return f"{words} · drag to move, scroll to zoom, click to read"


with faults_as_sentences():
    page()
