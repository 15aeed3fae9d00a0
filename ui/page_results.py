"""Hits as cards: values in, HTML out.

No Streamlit here, so that what a stranger's document can do to the page is tested without one.
All the cards are one piece of HTML; `<details>` unfolds a passage without asking the server.
"""

from collections.abc import Sequence
from pathlib import Path
from unicodedata import east_asian_width

from indexer.sections import HEADING_SEPARATOR
from search.hits import Hit, PassageHit
from search.languages import script_of
from ui.language_names import language_name, script_name, tag_attribute
from ui.safe_text import attribute, name_html, path_html, text_html

# Columns of the passage shown around the sentence that answers: with a sentence between them,
# three to five lines of a card at full width. A Chinese, Japanese or Korean character takes two.
BEFORE = 110
AFTER = 190
# A cut looks for white space this far inwards before it falls in the middle of a word; scripts
# without spaces are cut where they are.
WORD = 20
# Copies of a document that are named.
MOST_COPIES = 3
# Languages named beside the document's own.
MORE_LANGUAGES = 3
# Names shown of those that a head found in the best passage.
MOST_NAMES = 6
# Words with less than this part of the largest share are not shaded.
FAINTEST = 0.1
ELLIPSIS = '<span class="ct-cut"> … </span>'


def cards_html(hits: Sequence[Hit], roots: Sequence[Path] = ()) -> str:
    """Return the hits as a list of cards.

    :param hits: best first.
    :param roots: the indexed folders; a path below one is shown from that folder on.
    """
    cards = "".join(f"<li>{_card(hit, roots)}</li>" for hit in hits)
    return f'<ol class="ct-results">{cards}</ol>'


def _card(hit: Hit, roots: Sequence[Path]) -> str:
    title = hit.title.strip() if hit.title and hit.title.strip() else hit.path.name
    others = hit.passages[1:]
    return (
        '<article class="ct-card"><header>'
        f'<h3 dir="auto" lang="{tag_attribute(hit.language)}">{name_html(title)}</h3>'
        f"{_badges(hit)}{_script(hit.language)}</header>"
        f'<p class="ct-where">{_file(hit.path, roots)}{_place(hit.passage, title)}</p>'
        f"{_facets(hit)}{_copies(hit.copies, roots)}"
        f'<p class="ct-snippet" {_directed(hit.passage)}>{_excerpt(hit.passage)}</p>'
        f"<footer>{_confidence(hit)}"
        f"{_whole_passage(hit.passage)}{_other_passages(others, title) if others else ''}"
        f"{_actions(hit.passage)}</footer></article>"
    )


def _actions(passage: PassageHit) -> str:
    """Return the buttons that `page_acting` hears."""
    return "".join(
        f'<button type="button" data-act="{act}" data-passage="{passage.id}">{words}</button>'
        for act, words in (("read", "In its document"), ("like", "More like this"))
    )


def _badges(hit: Hit) -> str:
    """Return the document's language, and those that other passages of it are in."""
    others = [(code, share) for code, share in hit.languages if code != hit.language]
    shares = dict(hit.languages)
    return "".join(
        _badge(code, share if others else None)
        for code, share in ((hit.language, shares.get(hit.language)), *others[:MORE_LANGUAGES])
    )


def _script(language: str) -> str:
    """Return the script the document is written in, unless it is called as its language is."""
    script = script_of(language)
    name = script_name(script) if script else ""
    if script is None or name == language_name(language):
        return ""
    # The title is what `script:` filters by.
    return f'<span class="ct-badge ct-script" title="{attribute(script)}">{text_html(name)}</span>'


def _badge(language: str, share: float | None) -> str:
    title = language if share is None else f"{language}, {100 * share:.0f} % of its passages"
    return (
        f'<span class="ct-badge" title="{attribute(title)}">'
        f"{text_html(language_name(language))}</span>"
    )


def _facets(hit: Hit) -> str:
    """Return what the document is about, and the names in its best passage."""
    facets = [(label, "Label") for label in hit.labels]
    facets += [(name, kind) for name, kind in hit.passage.entities[:MOST_NAMES]]
    if not facets:
        return ""
    shown = "".join(
        f'<span class="ct-label" dir="auto" title="{attribute(kind)}">{name_html(name)}</span>'
        for name, kind in facets
    )
    return f'<p class="ct-labels">{shown}</p>'


def _file(path: Path, roots: Sequence[Path]) -> str:
    """Return the path from its indexed folder on; the whole of it shows on hovering."""
    inside = [root for root in roots if root == path.parent or root in path.parents]
    shown: Path = path
    if inside:
        nearest = max(inside, key=lambda root: len(root.parts))
        shown = Path(nearest.name) / path.relative_to(nearest)
    return f'<span title="{attribute(str(path))}">{path_html(shown)}</span>'


def _copies(paths: Sequence[Path], roots: Sequence[Path]) -> str:
    if not paths:
        return ""
    files = ", ".join(_file(path, roots) for path in paths[:MOST_COPIES])
    more = len(paths) - MOST_COPIES
    rest = f" and {more} more" if more > 0 else ""
    return f'<p class="ct-where">Nearly the same: {files}{rest}</p>'


def _place(passage: PassageHit, title: str) -> str:
    """Return the page and the headings above the passage, the document's title left out."""
    place = ""
    heading = (passage.heading or "") + HEADING_SEPARATOR
    heading = heading.removeprefix(title + HEADING_SEPARATOR).removesuffix(HEADING_SEPARATOR)
    if passage.page is not None:
        place += f'<span class="ct-place">page {passage.page}</span>'
    if heading:
        place += (
            f'<span class="ct-place"><bdi dir="auto" lang="{tag_attribute(passage.language)}">'
            f"{name_html(heading)}</bdi></span>"
        )
    return place


def _excerpt(passage: PassageHit) -> str:
    """Return the sentence that answers, marked, with what stands around it in the passage."""
    start, end = _bounds(passage)
    text = passage.text
    wide = 2 if _is_wide(text[start:end]) else 1
    first = start - len(_end_of(text[:start], BEFORE // wide))
    last = end + len(_start_of(text[end:], AFTER // wide))
    return (
        f"{ELLIPSIS if first else ''}{_shaded(passage, first, start)}"
        f"<mark>{_shaded(passage, start, end)}</mark>"
        f"{_shaded(passage, end, last)}{ELLIPSIS if last < len(text) else ''}"
    )


def _whole_passage(passage: PassageHit) -> str:
    start, end = _bounds(passage)
    return (
        "<details><summary>Whole passage</summary>"
        f'<div class="ct-passage" {_directed(passage)}>{_shaded(passage, 0, start)}'
        f"<mark>{_shaded(passage, start, end)}</mark>{_shaded(passage, end, len(passage.text))}"
        "</div></details>"
    )


def _shaded(passage: PassageHit, start: int, end: int) -> str:
    """Return a stretch of a passage, the words that answer to the query shaded by their share."""
    answering = [word for word in passage.words if word.answers and word.start is not None]
    most = max((word.share for word in answering), default=0.0)
    parts: list[str] = []
    at = start
    for word in answering:
        first = word.start or 0
        last = first + len(word.text)
        if first < at or last > end or word.share < FAINTEST * most:
            continue
        parts.append(text_html(passage.text[at:first]))
        parts.append(
            f'<span class="ct-word" style="--share:{word.share / most:.2f}" '
            f'title="{attribute(word.answers or "")}: {word.share:.2f} of the similarity">'
            f"{text_html(word.text)}</span>"
        )
        at = last
    return "".join(parts) + text_html(passage.text[at:end])


def _other_passages(passages: Sequence[PassageHit], title: str) -> str:
    more = "1 more passage" if len(passages) == 1 else f"{len(passages)} more passages"
    items = "".join(
        f'<li><p class="ct-where">{_score(passage.cosine)}{_place(passage, title)}</p>'
        f'<div class="ct-passage" {_directed(passage)}>{text_html(passage.text)}</div></li>'
        for passage in passages
    )
    return f'<details><summary>{more}</summary><ul class="ct-others">{items}</ul></details>'


def _confidence(hit: Hit) -> str:
    similarity = "" if hit.cosine is None else f" Similarity {hit.cosine:.2f} of 1."
    return (
        '<span class="ct-score" title="How sure it is that this answers, against what unrelated '
        f'passages of this index reach.{similarity}"><span class="ct-meter">'
        f'<i style="width:{hit.confidence:.0%}"></i></span>'
        f"confidence {100 * hit.confidence:.0f}</span>"
    )


def _score(cosine: float | None) -> str:
    if cosine is None:
        return ""
    share = min(max(cosine, 0.0), 1.0)
    return (
        '<span class="ct-score" title="How near the passage is to the query: the cosine of their '
        f'vectors, at most 1"><span class="ct-meter"><i style="width:{share:.0%}"></i></span>'
        f"similarity {cosine:.2f}</span>"
    )


def _bounds(passage: PassageHit) -> tuple[int, int]:
    """Return where a passage's best sentence begins and ends in its text."""
    start = max(passage.snippet_start - passage.start, 0)
    return start, start + len(passage.snippet)


def _is_wide(text: str) -> bool:
    """Whether most characters take two columns."""
    return 2 * sum(east_asian_width(char) in "WF" for char in text) > len(text)


def _end_of(text: str, length: int) -> str:
    if len(text) <= length + WORD:
        return text
    cut = len(text) - length
    blank = next((at for at in range(cut, cut + WORD) if text[at].isspace()), None)
    return text[cut if blank is None else blank + 1 :]


def _start_of(text: str, length: int) -> str:
    if len(text) <= length + WORD:
        return text
    blank = next((at for at in range(length, length - WORD, -1) if text[at].isspace()), None)
    return text[: length if blank is None else blank]


def _directed(passage: PassageHit) -> str:
    return f'dir="auto" lang="{tag_attribute(passage.language)}"'
