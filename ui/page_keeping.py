"""Choices that are kept between visits, by the browser they were made in.

A visit begins with what the browser sends along, and only what a person changes is kept: a link
that somebody passed on may ask otherwise and changes nothing. Nothing typed is kept.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar
from urllib.parse import unquote

import streamlit as st

COOKIE = "crosstongue-settings"
# A cookie may hold 4,096 bytes; ours hold a tenth of it.
LONGEST = 4_000

_BEGUN, _NOW = "kept-begun", "kept-now"

Setting = bool | str
S = TypeVar("S", bool, str)


def kept(key: str, usual: S, offered: Sequence[S] | None = None) -> S:
    """Return what was chosen at an earlier visit, or what is usual.

    :param key: the widget's.
    :param offered: what can be chosen; None allows anything of the usual one's kind.
    """
    if _BEGUN not in st.session_state:
        cookie = st.context.cookies.get(COOKIE)
        st.session_state[_BEGUN] = settings_of(cookie) if isinstance(cookie, str) else {}
    value = st.session_state[_BEGUN].get(key)
    if type(value) is not type(usual) or (offered is not None and value not in offered):
        return usual
    return value


def chosen(key: str) -> None:
    """Keep what a widget has just been set to; its `on_change`."""
    settings = st.session_state.setdefault(_NOW, dict(st.session_state.get(_BEGUN, {})))
    settings[key] = st.session_state[key]


def keep() -> None:
    """Let the browser keep what was chosen in this visit."""
    if _NOW in st.session_state:
        script = Path(__file__).with_name("keeping.js").read_text("utf-8")
        component = st.components.v2.component("crosstongue_keeping", js=script)
        settings = json.dumps(st.session_state[_NOW], sort_keys=True)
        component(key="keeping", data={"name": COOKIE, "settings": settings})


def settings_of(cookie: str) -> dict[str, Setting]:
    """Read what a browser sent; whatever is not as we wrote it is passed over."""
    try:
        found = json.loads(unquote(cookie[:LONGEST], errors="strict"))
    except (ValueError, RecursionError):
        return {}
    if not isinstance(found, dict):
        return {}
    return {key: value for key, value in found.items() if isinstance(value, bool | str)}
