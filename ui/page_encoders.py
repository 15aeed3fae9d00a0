"""Encoders, similarities and word pieces as HTML: values in, text out.

No Streamlit here, so that what a stranger's sentence can do to the page is tested without one.
"""

import unicodedata
from collections.abc import Iterable, Mapping, Sequence

from indexer.encoders.catalog import CatalogEntry
from indexer.encoders.protocol import EncoderSpec
from indexer.language_tags import UNDETERMINED
from search.explaining import WordShare
from ui.encoder_trial import Trial
from ui.language_names import language_name, tag_attribute
from ui.safe_text import attribute, name_html, text_html

_COLUMNS = ("Name", "Languages", "Dimensions", "Size", "Pooling", "Licence", "Here", "What it is")
# The darkest cell: text on it keeps a contrast of more than 4.5 in light and in dark.
_DARKEST = 45
_LACKED = ' class="ct-lacked" title="Not in the vocabulary"'


def catalog_html(entries: Iterable[CatalogEntry], here: Mapping[str, bool]) -> str:
    """Return the catalog as a table.

    :param entries: a row each.
    :param here: whether each is on this machine, by name.
    """
    head = "".join(f'<th scope="col">{column}</th>' for column in _COLUMNS)
    rows = "".join(_catalog_row(entry, here[entry.name]) for entry in entries)
    return (
        '<div class="ct-scroll" tabindex="0"><table class="ct-table">'
        f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _catalog_row(entry: CatalogEntry, here: bool) -> str:
    layer = "" if entry.layer is None else f", layer {entry.layer} of {entry.layers}"
    where = "yes" if here else "no"
    cells = (
        f"{entry.languages:,}",
        f"{entry.dimension:,}",
        f"{entry.megabytes:,} MB",
        f'<span title="{attribute(entry.reason)}">{text_html(entry.pooling + layer)}</span>',
        text_html(entry.licence),
        "ships" if here and not entry.hub else f'<span class="ct-{where}">{where}</span>',
        text_html(entry.summary),
    )
    name = f'<th scope="row" title="{attribute(entry.hub)}">{text_html(entry.name)}</th>'
    return f"<tr>{name}{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"


def sentences_html(sentences: Sequence[str], languages: Sequence[tuple[str, float]]) -> str:
    """Return the sentences as a numbered list, each with its identified language."""
    items = "".join(
        f'<li value="{number}"><p dir="auto" lang="{tag_attribute(tag)}">{text_html(sentence)}</p>'
        f"{_language(tag, probability)}</li>"
        for number, (sentence, (tag, probability)) in enumerate(
            zip(sentences, languages, strict=True), 1
        )
    )
    return f'<ol class="ct-sentences">{items}</ol>'


def matrix_html(trial: Trial, languages: Sequence[str]) -> str:
    """Return the similarities of a trial as a table, shaded from its lowest to its highest.

    :param languages: the BCP-47 tag of each sentence.
    """
    values = trial.similarities
    count = len(values)
    others = [float(values[i, j]) for i in range(count) for j in range(count) if i != j]
    low, high = (min(others), max(others)) if others else (0.0, 1.0)
    head = "".join(f'<th scope="col">{place + 1}</th>' for place in range(count))
    rows = ""
    for place, near in enumerate(trial.nearest):
        cells = "".join(
            _cell(float(values[place, other]), low, high, same=place == other, near=other == near)
            for other in range(count)
        )
        tag = languages[place]
        rows += (
            f'<tr><th scope="row" title="{attribute(language_name(tag))}">{place + 1} '
            f"<small>{text_html(tag)}</small></th>{cells}</tr>"
        )
    return (
        '<div class="ct-scroll" tabindex="0"><table class="ct-matrix">'
        f"<thead><tr><td></td>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _cell(value: float, low: float, high: float, *, same: bool, near: bool) -> str:
    if same:
        return '<td class="ct-same">·</td>'
    share = (value - low) / (high - low) if high > low else 0.0
    kind = ' class="ct-near"' if near else ""
    return f'<td{kind} style="--ct-share:{_DARKEST * share:.0f}%">{value:.2f}</td>'


def pieces_html(trial: Trial) -> str:
    """Return the word pieces of each sentence; those the vocabulary lacks are marked."""
    items = ""
    for number, pieces in enumerate(trial.pieces, 1):
        shown = "".join(
            f"<bdi{'' if piece.known else _LACKED}>{name_html(piece.text) or '&nbsp;'}</bdi>"
            for piece in pieces
        )
        direction = _direction("".join(piece.text for piece in pieces))
        items += (
            f'<li value="{number}"><div dir="{direction}">{shown or "none"}'
            f"<small>{len(pieces)}</small></div></li>"
        )
    return f'<ol class="ct-pieces">{items}</ol>'


def shares_html(trial: Trial) -> str:
    """Return the words of each sentence, shaded by what they add to its cosine to the first."""
    items = ""
    for number, words in enumerate(trial.shares, 2):
        most = max((word.share for word in words), default=0.0)
        shown = " ".join(_share(word, most) for word in words if word.text.strip())
        direction = _direction("".join(word.text for word in words))
        items += f'<li value="{number}"><div dir="{direction}">{shown or "none"}</div></li>'
    return f'<ol class="ct-pieces ct-shares">{items}</ol>'


def _share(word: WordShare, most: float) -> str:
    part = max(0.0, word.share / most) if most > 0 else 0.0
    title = f"{word.share:.3f}" + (f", answers {word.answers}" if word.answers else "")
    return (
        f'<bdi style="--ct-share:{_DARKEST * part:.0f}%" title="{attribute(title)}">'
        f"{name_html(word.text)}</bdi>"
    )


def filled_html(trial: Trial) -> str:
    """Return the likeliest words behind each mask, with their probabilities."""
    items = ""
    for place, filled in () if isinstance(trial.filled, str) else trial.filled:
        for guesses in filled.guesses:
            shown = "".join(
                f"<bdi>{name_html(guess.text) or '&nbsp;'} {guess.probability:.2f}</bdi>"
                for guess in guesses
            )
            items += f'<li value="{place + 1}"><div>{shown}</div></li>'
    return f'<ol class="ct-pieces">{items}</ol>'


def configuration(spec: EncoderSpec) -> str:
    """Return one line that says what made the vectors."""
    layers = spec.layer
    if layers is None:
        layer = ""
    elif isinstance(layers, int):
        layer = f" of layer {layers}"
    else:
        layer = f" of layers {', '.join(map(str, layers))}"
    pooling = "its own pooling" if spec.pooling == "own" else f"{spec.pooling}{layer}"
    return f"{spec.name} · {pooling} · {spec.dimension:,} dimensions"


def _language(tag: str, probability: float) -> str:
    sure = "" if tag == UNDETERMINED else f" {probability:.2f}"
    return (
        f'<span class="ct-badge" title="{attribute(tag)}">'
        f"{text_html(language_name(tag))}{sure}</span>"
    )


def _direction(text: str) -> str:
    """Return which way a text runs: that of its first letter that runs one way."""
    ways = (unicodedata.bidirectional(char) for char in text)
    return "rtl" if next((way for way in ways if way in ("L", "R", "AL")), "L") != "L" else "ltr"
