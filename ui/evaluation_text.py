"""An evaluation as people and programs read it: tables, JSON and a plot by layer."""

from collections.abc import Iterator, Sequence
from pathlib import PurePath

from indexer.encoders.protocol import EncoderSpec
from search.evaluate import Evaluation
from search.mixed_pool import LanguageFigures
from ui.layer_plot import Line, Panel, layer_plot
from ui.output import safe, wrapped

EXPLAINED = (
    "In percent, means over languages. forth, back: texts whose nearest in the other language is "
    "their translation. MRR: mean reciprocal rank of the translation among the texts of all "
    "languages. own: of the texts ranked above it, those in the query's own language; pool: that "
    "language's share of all texts. The more own exceeds pool, the stronger the bias."
)
_XTREME = "36 languages"


def table(evaluations: Sequence[Evaluation]) -> list[tuple[str, ...]]:
    """Return a row for each encoder, pooling and layer: means over languages."""
    compared = all(one.xtreme for one in evaluations)
    both = any(one.centred for one in evaluations)
    head = ("encoder", "pooling", "layer", *(("centred",) if both else ()), "forth", "back")
    rows = [(*head, *((_XTREME, "") if compared else ()), "MRR", "own", "pool")]
    for one in evaluations:
        means = [one.forth, one.back, *(one.xtreme or () if compared else ())]
        rows.append(
            (
                *_named(one.spec),
                *(("yes" if one.centred else "no",) if both else ()),
                *(_percent(value) for value in means),
                _percent(one.reciprocal_rank),
                _percent(one.own_share),
                _percent(one.pool_share),
            )
        )
    return rows


def language_table(one: Evaluation) -> list[tuple[str, ...]]:
    """Return a row for each language pair, with the mixed pool's for its first language."""
    mixed = {figures.language: figures for figures in one.languages}
    rows = [("languages", "pairs", "forth", "back", "queries", "MRR", "own", "pool")]
    named = []
    for pair in one.pairs:
        first, second = pair.languages
        cells = (f"{pair.pairs:,}", _percent(pair.forth), _percent(pair.back))
        rows.append((f"{safe(first)}-{safe(second)}", *cells, *_mixed(mixed[first])))
        named.append(first)
    rest = [figures for figures in one.languages if figures.language not in named]
    rows += [(safe(figures.language), "", "", "", *_mixed(figures)) for figures in rest]
    return rows


def title(one: Evaluation) -> str:
    """Return the line above an encoder's own table."""
    name, pooling, layer = _named(one.spec)
    centred = ", centred" if one.centred else ""
    return f"{name}, {pooling}{f' of layer {layer}' if layer else ''}{centred}"


def explained() -> Iterator[str]:
    """Yield lines that say what the columns are."""
    return wrapped(EXPLAINED)


def values(one: Evaluation) -> dict[str, object]:
    """Return everything, for JSON."""
    spec = one.spec
    return {
        "encoder": spec.name,
        "revision": spec.revision,
        "pooling": spec.pooling,
        "layer": spec.layer,
        "dimension": spec.dimension,
        "fingerprint": spec.fingerprint,
        "centred": one.centred,
        "forth": _rounded(one.forth),
        "back": _rounded(one.back),
        "xtreme_36": None if one.xtreme is None else [_rounded(value) for value in one.xtreme],
        "mean_reciprocal_rank": _rounded(one.reciprocal_rank),
        "own_share": _rounded(one.own_share),
        "pool_share": _rounded(one.pool_share),
        "by_pair": [
            {
                "languages": list(pair.languages),
                "pairs": pair.pairs,
                "forth": _rounded(pair.forth),
                "back": _rounded(pair.back),
            }
            for pair in one.pairs
        ],
        "by_language": [
            {
                "language": mixed.language,
                "queries": mixed.queries,
                "mean_reciprocal_rank": _rounded(mixed.reciprocal_rank),
                "own_share": _rounded(mixed.own_share),
                "pool_share": _rounded(mixed.pool_share),
            }
            for mixed in one.languages
        ],
    }


def plot(evaluations: Sequence[Evaluation]) -> str:
    """Return an SVG of accuracy, reciprocal rank and the own language's share by layer.

    A mean of several layers has no place on the axis and is left out.
    """
    lines: dict[str, list[Evaluation]] = {}
    for one in evaluations:
        if not isinstance(one.spec.layer, tuple):
            label = f"{_short(one.spec)}, {one.spec.pooling}{', centred' if one.centred else ''}"
            lines.setdefault(label, []).append(one)
    panels = []
    for title, figure in (
        ("accuracy between two languages, mean of both ways", _accuracy),
        ("mean reciprocal rank in the mixed pool", _rank),
        ("texts of the query's own language among those above the translation", _own),
    ):
        drawn = [
            Line(label, tuple((_layer(one), figure(one)) for one in sorted(some, key=_order)))
            for label, some in lines.items()
        ]
        panels.append(Panel(f"{title}, by layer, in percent", tuple(drawn)))
    return layer_plot(panels)


def _order(one: Evaluation) -> int:
    return _layer(one) or 0


def _accuracy(one: Evaluation) -> float:
    return (one.forth + one.back) / 2


def _rank(one: Evaluation) -> float:
    return one.reciprocal_rank


def _own(one: Evaluation) -> float:
    return one.own_share or 0.0


def _layer(one: Evaluation) -> int | None:
    return one.spec.layer if isinstance(one.spec.layer, int) else None


def _named(spec: EncoderSpec) -> tuple[str, str, str]:
    layer = spec.layer
    numbers = () if layer is None else (layer,) if isinstance(layer, int) else layer
    return safe(_short(spec)), spec.pooling, "+".join(map(str, numbers))


def _short(spec: EncoderSpec) -> str:
    # A folder's own name is enough; where it lies is in the JSON.
    path = PurePath(spec.name)
    return path.name if path.is_absolute() else spec.name


def _mixed(figures: LanguageFigures) -> tuple[str, ...]:
    return (
        f"{figures.queries:,}",
        _percent(figures.reciprocal_rank),
        _percent(figures.own_share),
        _percent(figures.pool_share),
    )


def _percent(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f}"


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)
