"""What belongs to the pages of a PDF and not to its text.

Running heads and page numbers would otherwise stand in the middle of sentences and make every page
look a little like every other; a sentence that goes on over the page is put together again.
"""

import re
from collections import Counter
from collections.abc import Sequence

from indexer.readers.pdf_layout import Block, Line, goes_on, join_lines

# A line counts as running when it stands at the edge of at least this many pages: a coincidence of
# three is common in short forms and letters.
_LEAST_PAGES = 4
# A running head and a rule of text below it, a footnote and a page number: two rows at either edge.
_EDGE_ROWS = 2
_LONGEST_RUNNING_LINE = 120

_NUMBER = re.compile(r"\b[ivxlc]+\b|\d+")
_ONLY_NUMBERS = re.compile(r"[\W#]+")
_SPACES = re.compile(r"\s+")


def without_running_lines(pages: Sequence[Sequence[Line]]) -> list[list[Line]]:
    """Return the pages without page numbers, and with running heads where they first stand.

    :param pages: the lines of every page.
    :return: as many pages, without the lines that the same page edges repeat.
    """
    edges = [_edge_lines(lines) for lines in pages]
    counts = Counter(key for page in edges for key in set(page.values()))
    seen: set[str] = set()
    kept: list[list[Line]] = []
    for lines, edge in zip(pages, edges, strict=True):
        page: list[Line] = []
        for index, line in enumerate(lines):
            key = edge.get(index, "")
            if counts[key] >= _LEAST_PAGES and (key in seen or _ONLY_NUMBERS.fullmatch(key)):
                continue
            seen.add(key)
            page.append(line)
        kept.append(page)
    return kept


def joined_over_pages(pages: Sequence[list[Block]]) -> list[list[Block]]:
    """Return the pages with a paragraph that goes on over a page's end as one, on its first page.

    :param pages: the paragraphs of every page.
    :return: as many pages.
    """
    joined: list[list[Block]] = []
    for blocks in pages:
        before = joined[-1] if joined else []
        if before and blocks and goes_on(before[-1], blocks[0]):
            last = before.pop()
            before.append(Block(join_lines(last.text, blocks[0].text), last.size))
            joined.append(blocks[1:])
        else:
            joined.append(list(blocks))
    return joined


def _edge_lines(lines: Sequence[Line]) -> dict[int, str]:
    """Return the lines at a page's edges by index: what they say, whatever number they carry."""
    rows = sorted({round(line.across) for line in lines if not line.vertical})
    edges = {*rows[:_EDGE_ROWS], *rows[-_EDGE_ROWS:]}
    return {
        index: _NUMBER.sub("#", _SPACES.sub(" ", line.text.strip()).casefold())
        for index, line in enumerate(lines)
        if len(line.text) <= _LONGEST_RUNNING_LINE and round(line.across) in edges
    }
