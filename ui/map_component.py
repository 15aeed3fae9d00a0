"""The map as Streamlit mounts it: a canvas of our own, with nothing from a network."""

from pathlib import Path
from typing import Any

import streamlit as st

_HERE = Path(__file__).parent
_HTML = """
<div class="map">
  <div class="stage">
    <canvas tabindex="0" role="img"></canvas>
    <div class="buttons">
      <button type="button" data-zoom="1.6" aria-label="Zoom in">+</button>
      <button type="button" data-zoom="0.625" aria-label="Zoom out">−</button>
      <button type="button" data-zoom="0" aria-label="Show everything">⤢</button>
    </div>
    <div class="tip" hidden><b dir="auto"></b><small></small><p dir="auto"></p></div>
  </div>
  <div class="legend"></div>
</div>
"""


def draw_map(data: dict[str, Any], *, key: str) -> int | None:
    """Draw the map.

    :param data: from `page_map.payload`.
    :return: the passage that was clicked in this moment, if one was.
    """
    component = st.components.v2.component(
        "crosstongue_map",
        html=_HTML,
        css=(_HERE / "map.css").read_text("utf-8"),
        js=(_HERE / "map.js").read_text("utf-8"),
    )
    opened = component(key=key, data=data, on_open_change=_noticed).open
    return int(opened) if opened is not None else None


def _noticed() -> None:
    """Streamlit gives out a trigger's value only if something listens."""
