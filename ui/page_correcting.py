"""Where a person says which language a document is in, beside the document."""

import streamlit as st

from indexer.encoders import load_encoder
from indexer.errors import CrosstongueError
from indexer.index import Index
from indexer.language_rules import guess_again, set_language
from indexer.language_tags import UNDETERMINED
from ui.language_names import language_name
from ui.page_drawing import notice
from ui.page_reading import Reading

_GUESS = ""
_FAULT = "language-fault"


def language_choice(index: Index, reading: Reading) -> None:
    """Draw a document's language, to be set or guessed."""
    known: tuple[str, ...] = getattr(load_encoder(), "languages", ())
    languages = sorted({*known, reading.language} - {UNDETERMINED}, key=language_name)
    if reading.language == UNDETERMINED:
        languages.insert(0, UNDETERMINED)
    if reading.language_given:
        languages.insert(0, _GUESS)
    # A choice is made anew for every language a document has had, or it would outlive it.
    key = f"language-{reading.path}-{reading.language}-{reading.language_given}"
    st.selectbox(
        "Its language, as you set it" if reading.language_given else "Its language, as guessed",
        languages,
        index=languages.index(reading.language),
        format_func=lambda tag: language_name(tag) if tag else "Guess it again",
        key=key,
        on_change=_choose,
        args=(index, reading, key),
    )
    if fault := st.session_state.pop(_FAULT, None):
        notice(fault, error=True)


def _choose(index: Index, reading: Reading, key: str) -> None:
    chosen = st.session_state[key]
    try:
        if chosen == _GUESS:
            guess_again(index, reading.path)
        elif chosen != reading.language:
            set_language(index, reading.path, chosen)
    except CrosstongueError as error:
        st.session_state[_FAULT] = str(error)
