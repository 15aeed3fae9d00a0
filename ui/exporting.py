"""Results as files for other programs."""

import csv
import io
import json

from search.hits import Hit
from ui.hit_text import values

_COLUMNS = ("rank", "title", "path", "language", "score", "cosine", "confidence", "modified")
_PASSAGE_COLUMNS = ("page", "heading", "snippet")
# A spreadsheet takes a cell that begins so for a formula, and a stranger's document may begin so.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def json_of(query: str, hits: list[Hit]) -> bytes:
    """Return the results as `crosstongue search --json` gives them."""
    whole = {"query": query, "hits": values(hits)}
    return json.dumps(whole, ensure_ascii=False, indent=1).encode("utf-8", "replace")


def csv_of(hits: list[Hit]) -> bytes:
    """Return the results as a table, a row a document; UTF-8 with the mark spreadsheets want."""
    table = io.StringIO()
    writer = csv.writer(table)
    writer.writerow((*_COLUMNS, *_PASSAGE_COLUMNS))
    for row in values(hits):
        best = row["passages"][0]
        cells = [row[name] for name in _COLUMNS] + [best[name] for name in _PASSAGE_COLUMNS]
        writer.writerow(_harmless(cell) for cell in cells)
    return table.getvalue().encode("utf-8-sig", "replace")


def _harmless(cell: object) -> object:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell
