"""Figures by layer as a picture: an SVG drawn by hand, since three line charts need no library."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

_WIDTH, _PANEL, _LEFT, _TOP, _GAP, _LEGEND_LINE = 640, 180, 56, 34, 52, 20
# Okabe and Ito's colours, told apart with any colour vision; more lines than that go round.
_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000")
_TICKS = 5


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a panel.

    :param label: stands in the legend; the same label has the same colour in every panel.
    :param points: (layer, value); a single one is drawn as a dot. A layer of None is drawn as a
        level line, as what has no layers is the same at all of them.
    """

    label: str
    points: tuple[tuple[int | None, float], ...]


@dataclass(frozen=True, slots=True)
class Panel:
    """One chart: a title that says what is drawn, in percent, and its lines."""

    title: str
    lines: tuple[Line, ...]


def layer_plot(panels: Sequence[Panel]) -> str:
    """Draw panels one below the other, each from 0 to what its highest value needs.

    :return: an SVG document.
    """
    labels = list(dict.fromkeys(line.label for panel in panels for line in panel.lines))
    colours = {label: _COLOURS[place % len(_COLOURS)] for place, label in enumerate(labels)}
    layers = [
        layer
        for panel in panels
        for line in panel.lines
        for layer, _ in line.points
        if layer is not None
    ]
    span = (min(layers, default=0), max(layers, default=0))
    drawn, top = [], _TOP
    for panel in panels:
        drawn += _panel(panel, top, span, colours)
        top += _PANEL + _GAP
    for label, colour in colours.items():
        drawn.append(f'<rect x="{_LEFT}" y="{top - 20}" width="14" height="4" fill="{colour}"/>')
        drawn.append(f'<text x="{_LEFT + 20}" y="{top - 14}">{escape(label)}</text>')
        top += _LEGEND_LINE
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {top}" '
            f'width="{_WIDTH}" height="{top}" font-family="sans-serif" font-size="12">',
            '<rect width="100%" height="100%" fill="white"/>',
            *drawn,
            "</svg>\n",
        ]
    )


def _panel(panel: Panel, top: int, span: tuple[int, int], colours: dict[str, str]) -> list[str]:
    first, last = span
    highest = max((value for line in panel.lines for _, value in line.points), default=0.0)
    limit = next(step for step in (1, 2, 5, 10, 20, 50, 100) if highest <= step or step == 100)
    bottom, right = top + _PANEL, _WIDTH - 20

    def x(layer: int) -> float:
        return _LEFT + (right - _LEFT) * ((layer - first) / (last - first) if last > first else 0.5)

    def y(value: float) -> float:
        return bottom - _PANEL * value / limit

    drawn = [f'<text x="{_LEFT}" y="{top - 12}" font-weight="bold">{escape(panel.title)}</text>']
    for tick in range(_TICKS + 1):
        value = limit * tick / _TICKS
        drawn.append(
            f'<line x1="{_LEFT}" x2="{right}" y1="{y(value):.1f}" y2="{y(value):.1f}" '
            'stroke="#dddddd"/>'
            f'<text x="{_LEFT - 8}" y="{y(value) + 4:.1f}" text-anchor="end">{value:g}</text>'
        )
    drawn += [
        f'<text x="{x(layer):.1f}" y="{bottom + 16}" text-anchor="middle">{layer}</text>'
        for layer in range(first, last + 1)
    ]
    for line in panel.lines:
        places = [
            (place, y(value))
            for layer, value in line.points
            for place in ([_LEFT, right] if layer is None else [x(layer)])
        ]
        path = " ".join(f"{across:.1f},{down:.1f}" for across, down in places)
        colour = colours[line.label]
        drawn.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        drawn += [
            f'<circle cx="{across:.1f}" cy="{down:.1f}" r="3" fill="{colour}"/>'
            for across, down in places
        ]
    return drawn
