"""A folder chosen by looking around, among those that this process may read and no others."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from ui.output import count
from ui.page_drawing import faults_as_sentences, line
from ui.safe_text import path_html, shown_path

_HERE = "choosing-here"


@dataclass(frozen=True, slots=True)
class Place:
    """A folder, as a person looking around sees it.

    :param folder: the folder.
    :param above: the one above it, or None where there is none that may be read.
    :param inside: the folders in it that may be read, by name; no hidden ones and no links.
    :param files: how many files lie in it.
    """

    folder: Path
    above: Path | None
    inside: tuple[Path, ...]
    files: int


def place_of(folder: Path) -> Place:
    """Look into a folder; into the nearest one above it that may be read, if it may not."""
    while not _may_read(folder) and folder != folder.parent:
        folder = folder.parent
    inside, files = [], 0
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.name.startswith("."):
                    continue
                if entry.is_file():
                    files += 1
                elif entry.is_dir(follow_symlinks=False) and _may_read(Path(entry.path)):
                    inside.append(Path(entry.path))
    except OSError:  # gone in this instant: an empty place, with the way up
        inside, files = [], 0
    above = folder.parent
    inside.sort(key=lambda path: path.name.casefold())
    has_above = above != folder and _may_read(above)
    return Place(folder, above if has_above else None, tuple(inside), files)


@st.dialog("Choose a folder", width="medium")
def choose_folder(start: Callable[[Path], None]) -> None:
    """Let a person look around.

    :param start: called with the folder they chose.
    """
    with faults_as_sentences():
        place = place_of(st.session_state.get(_HERE) or Path.home())
        st.html(f'<p class="ct-source">{path_html(place.folder)}</p>')
        line(f"{count(place.files, 'file')} and {count(len(place.inside), 'folder')} in it")
        key = f"choosing-{place.folder}"
        if place.inside:
            st.selectbox(
                "Go into",
                range(len(place.inside)),
                index=None,
                format_func=lambda number: shown_path(place.inside[number].name),
                placeholder="A folder in it",
                key=key,
                on_change=_go_into,
                args=(place, key),
            )
        with st.container(horizontal=True, gap="small"):
            chosen = st.button(
                "Index this folder",
                type="primary",
                key="choosing-done",
                on_click=start,
                args=(place.folder,),
            )
            st.button(
                "Go up",
                key="choosing-up",
                on_click=_go,
                args=(place.above,),
                disabled=place.above is None,
            )
        if chosen:
            st.rerun()


def _go_into(place: Place, key: str) -> None:
    number = st.session_state[key]
    if number is not None:
        _go(place.inside[number])


def _go(folder: Path) -> None:
    st.session_state[_HERE] = folder


def _may_read(folder: Path) -> bool:
    # `Path.is_dir` raises where a folder above may not be searched.
    there = os.path.isdir(folder)  # noqa: PTH112
    return there and os.access(folder, os.R_OK | os.X_OK, effective_ids=True)
