"""Documents' words made harmless before they reach a page.

Text, titles and file names come from strangers' files. On a page they must show as text: no HTML,
no Markdown, and no invisible character that hides or reorders what stands around it. Everything
the page shows of a document goes through here; nothing of it goes through Streamlit's Markdown.
"""

import html
import os
import re
import unicodedata
from pathlib import PurePath

# Characters that act instead of showing. Embeddings, overrides and isolates reorder a whole line
# (a file called "invoice<U+202E>fdp.exe" would read "invoiceexe.pdf"); controls other than the
# line feed and the tab have no shape; U+FFF9..U+FFFB and the tag characters hide text. ZWNJ, ZWJ
# and the zero-width space stay: Persian, the Indic scripts, Thai and Khmer are spelled with them.
_ACTING = (
    r"\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufff9-\ufffb"
    r"\U000e0000-\U000e007f\ud800-\udfff"
)
# The implicit marks only help punctuation find its side, and correct Arabic and Hebrew prose uses
# them; in a name, where they have no such use, they are shown.
_MARKS = r"\u061c\u200e\u200f\ufeff\u2060\u00ad"
_IN_TEXT = re.compile(f"[{_ACTING}]")
_IN_NAMES = re.compile(f"[{_ACTING}{_MARKS}\n\t\u2028\u2029]")
_LINE_ENDS = re.compile("\r\n?|\x0b|\x0c|\x85|\u2028|\u2029")


def shown_name(name: str) -> str:
    """Return a title or a file's name on one line, invisible characters written as `⟨U+202E⟩`."""
    return _IN_NAMES.sub(lambda match: f"⟨{_code(match)}⟩", name)


def shown_path(path: PurePath | str) -> str:
    """Return a path fit to be shown, also where its bytes are not UTF-8."""
    return shown_name(_decoded(path))


def text_html(text: str) -> str:
    """Return running text as HTML that shows it and does nothing else."""
    return _escaped(_LINE_ENDS.sub("\n", text), _IN_TEXT)


def name_html(name: str) -> str:
    """Return a title or a file's name as HTML; the tag around it gives it a direction."""
    return _escaped(name, _IN_NAMES)


def path_html(path: PurePath | str) -> str:
    """Return a path as HTML: left to right between its parts, each part in its own direction.

    The extension stands apart, so that it comes last also after a name written right to left.
    """
    *folders, name = _decoded(path).split("/")
    stem, dot, extension = name.rpartition(".")
    parts = [_isolated(folder) for folder in folders]
    parts.append(f"{_isolated(stem)}.{_isolated(extension)}" if dot and stem else _isolated(name))
    return f'<span dir="ltr" class="ct-path">{"/<wbr>".join(parts)}</span>'


def attribute(value: str) -> str:
    """Return a value that may stand between double quotes in a tag."""
    return html.escape(shown_name(value), quote=True)


def _decoded(path: PurePath | str) -> str:
    return os.fsencode(path).decode("utf-8", "replace")


def _isolated(name: str) -> str:
    return f'<bdi dir="auto">{_escaped(name, _IN_NAMES)}</bdi>' if name else ""


def _code(match: re.Match[str]) -> str:
    return f"U+{ord(match[0]):04X}"


def _escaped(text: str, acting: re.Pattern[str]) -> str:
    pieces: list[str] = []
    done = 0
    for match in acting.finditer(text):
        pieces += (html.escape(text[done : match.start()]), _code_point(match))
        done = match.end()
    return "".join((*pieces, html.escape(text[done:])))


def _code_point(match: re.Match[str]) -> str:
    """Return an acting character as a small label that says which one stands there."""
    name = html.escape(unicodedata.name(match[0], "control character").lower())
    return f'<span class="ct-code-point" dir="ltr" title="{name}">{_code(match)}</span>'
