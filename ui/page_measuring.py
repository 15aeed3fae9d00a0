"""The form that measures encoders on pairs of a person's own, and the figures it gives."""

from collections.abc import Sequence

import streamlit as st

from indexer.encoders.catalog import OWN
from indexer.errors import EncoderError
from ui.evaluation_text import EXPLAINED
from ui.page_drawing import line, notice
from ui.page_evaluating import EvaluationRun, figures_html, languages_html, named

# The run, and the id and the name of the file it is of.
_RUN, _OF = "evaluation", "evaluated"


def measure(names: list[str], poolings: Sequence[str]) -> None:
    """Draw the form, and what came of it.

    :param names: the encoders.
    :param poolings: those that can be compared.
    """
    line(
        "How well the encoders above find translations, on pairs of your own: a text file with "
        "language, language, text and text on each line, and tabs between."
    )
    uploaded = st.file_uploader("Pairs", type=["tsv", "txt"], key="pairs")
    with st.container(horizontal=True, gap="small"):
        chosen = st.multiselect(
            "Poolings to compare",
            [pooling for pooling in poolings if pooling != OWN],
            key="poolings",
            placeholder="As usual",
            persist_state="session",
        )
        layers = st.text_input(
            "Layers to compare",
            placeholder="As usual",
            help="7, or 6,7, or 1-12, or 6+7+8 for a mean, or all",
            key="layers",
            autocomplete="off",
            persist_state="session",
        ).strip()
        limit = st.number_input(
            "Most pairs of two languages", 1, value=1_000, key="limit", persist_state="session"
        )
    run: EvaluationRun | None = st.session_state.get(_RUN)
    busy = run is not None and run.running
    if st.button("Measure", type="primary", disabled=busy or uploaded is None) and uploaded:
        run = _started(uploaded.getvalue(), names, chosen, layers, int(limit))
        st.session_state[_OF] = uploaded.file_id, uploaded.name
    if run is not None:
        file, name = st.session_state[_OF]
        if uploaded is not None and uploaded.file_id != file:
            line(f"What stands below is of {name}; Measure does it for {uploaded.name}.")
        st.fragment(run_every=1.0 if run.running else None)(_follow)(run, run.running)


def _started(
    pairs: bytes, names: list[str], poolings: list[str], layers: str, limit: int
) -> EvaluationRun:
    if not all(names):
        raise EncoderError("Name an encoder: a hub id (owner/name) or a folder.")
    if (last := st.session_state.pop(_RUN, None)) is not None:
        last.close()
    options = [f"--encoder={name}" for name in names] + [f"--limit={limit}"]
    options += [f"--pooling={','.join(poolings)}"] if poolings else []
    options += [f"--layer={layers}"] if layers else []
    st.session_state[_RUN] = run = EvaluationRun(pairs, options)
    return run


def _follow(run: EvaluationRun, was_running: bool) -> None:
    """Draw how far an evaluation is, and then its figures."""
    if run.running:
        line(run.progress or "Loading the encoder…")
        st.button("Stop", key="stop-measuring", on_click=run.stop)
        return
    if was_running:
        st.rerun()
    if run.stopped:
        notice("Stopped.", "What was embedded is kept: measure again to go on.")
    elif run.complaint:
        notice(run.complaint, error=True)
    else:
        _figures(run)


def _figures(run: EvaluationRun) -> None:
    found = run.found
    st.html(figures_html(found))
    line(EXPLAINED)
    if len(found) > 1:
        st.image(run.plot, caption="The figures by layer", width="content")
    with st.expander("By language"):
        place = 0
        if len(found) > 1:
            place = st.selectbox(
                "Of", range(len(found)), format_func=lambda at: named(found[at]), key="by-language"
            )
        st.html(languages_html(found[place]))
