"""What a person does with a hit: read it in its document, find more like it, keep its file.

The buttons stand in the cards' HTML; a component without a face of its own hears them.
"""

from dataclasses import replace
from pathlib import Path
from typing import Any

import streamlit as st

from indexer.errors import CrosstongueError
from indexer.index import Index
from search.hits import Hit
from ui.exporting import csv_of, json_of
from ui.page_asked import Asked
from ui.page_correcting import language_choice
from ui.page_drawing import faults_as_sentences, line
from ui.page_index import facts_of
from ui.page_reading import reading_html, reading_of
from ui.serving import checked_file, read_file

_KEY = "acting"
# Where the search page keeps what is asked, and the passage whose like is looked for.
ASKED, LIKE = "asked", "like"


def act_on_hits(index: Index) -> None:
    """Hear the buttons of the cards, and `/`, which goes to the box."""
    component = st.components.v2.component(
        "crosstongue_acting", js=Path(__file__).with_name("acting.js").read_text("utf-8")
    )
    heard = component(key=_KEY, on_read_change=_noticed, on_like_change=_like)
    if heard.read is not None:
        read(index, int(heard.read))


@st.dialog("In its document", width="large")
def read(index: Index, passage: int) -> None:
    """Show a passage between its neighbours, and what can be done with it."""
    with faults_as_sentences():
        reading = reading_of(index, passage)
        roots = facts_of(index).roots
        st.html(reading_html(reading, roots))
        language_choice(index, reading)
        with st.container(horizontal=True, gap="small"):
            if st.button("More like this", key="read-like"):
                st.session_state[LIKE] = passage
                asked = st.session_state.get(ASKED, Asked())
                st.session_state[ASKED] = replace(asked, like=passage)
                st.switch_page("views/search.py", query_params=st.session_state[ASKED].address)
            try:
                checked_file(reading.path, roots)
            except CrosstongueError as error:
                line(str(error))
                return
            st.download_button(
                "Download the file",
                data=lambda: read_file(reading.path, roots),
                file_name=reading.path.name.encode("utf-8", "replace").decode(),
                # Never what it claims to be: a browser that showed it would run its scripts.
                mime="application/octet-stream",
                on_click="ignore",
            )


def exports(hits: list[Hit], query: str) -> None:
    """Draw the buttons that keep the results."""
    with st.container(horizontal=True, gap="small", key="exports"):
        for label, name, mime, made in (
            ("Results as CSV", "results.csv", "text/csv", lambda: csv_of(hits)),
            ("Results as JSON", "results.json", "application/json", lambda: json_of(query, hits)),
        ):
            st.download_button(
                label, data=made, file_name=name, mime=mime, type="tertiary", on_click="ignore"
            )


def _like() -> None:
    heard: Any = st.session_state[_KEY]
    st.session_state[LIKE] = int(heard["like"])


def _noticed() -> None:
    """Streamlit gives out a trigger's value only if something listens."""
