"""Small things every page draws: the brand, notices, errors as sentences.

Streamlit's own messages read their text as Markdown; a file's name in an error must not be read
as anything, so notices are HTML of ours.
"""

import logging
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import streamlit as st

from indexer.errors import CrosstongueError
from ui.failures import sentence
from ui.safe_text import text_html

# The pages' files, beside `app.py`, and what their links say.
PAGES = (
    ("views/search.py", "Search"),
    ("views/library.py", "Library"),
    ("views/map.py", "Map"),
    ("views/encoders.py", "Encoders"),
)

_STYLE = Path(__file__).with_name("page.css")
_LOG = logging.getLogger(__name__)


def header(words: str, *, wide: bool = False) -> None:
    """Draw what stands at the top of every page: the name, the pages, and what this one is for.

    :param wide: whether the page has more to show side by side than a column of text has room for.
    """
    with st.container(horizontal=True, vertical_alignment="center", key="header"):
        kind = "ct-brand ct-wide" if wide else "ct-brand"
        st.html(f'<div class="{kind}">Cross<i>tongue</i></div>')
        for file, title in PAGES:
            st.page_link(file, label=title)
    line(words)


def style() -> None:
    """Apply the look of the page."""
    st.html(_STYLE)


def notice(sentence: str, remedy: str | None = None, *, error: bool = False) -> None:
    """Draw a sentence that matters, and below it what to do."""
    more = f"<p>{text_html(remedy)}</p>" if remedy else ""
    role, kind = ("alert", " ct-error") if error else ("status", "")
    st.html(f'<div class="ct-notice{kind}" role="{role}"><p>{text_html(sentence)}</p>{more}</div>')


def section(words: str) -> None:
    """Draw the heading of a part of a page."""
    st.html(f'<h2 class="ct-section">{text_html(words)}</h2>')


def line(words: str) -> None:
    """Draw a line of quiet text."""
    st.html(f'<p class="ct-line">{text_html(words)}</p>')


@contextmanager
def faults_as_sentences() -> Iterator[None]:
    """Show whatever fails inside as a sentence with a remedy, and go on after it."""
    try:
        yield
    except CrosstongueError as error:
        notice(str(error), error=True)
    except (sqlite3.Error, OSError, MemoryError) as error:
        _LOG.exception("The page met an error of the database or the system")
        notice(sentence(error), "Then reload this page.", error=True)
    except Exception as error:  # the last line of defence: a person is shown no traceback
        _LOG.exception("The page met an error nobody foresaw")
        notice(
            f"Something went wrong inside Crosstongue ({type(error).__name__}).",
            "Reload the page. The terminal that Crosstongue was started from has the details for "
            "a bug report.",
            error=True,
        )
