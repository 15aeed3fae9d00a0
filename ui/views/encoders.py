"""Encoders: which there are, and what one makes of sentences in any languages."""

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st
import typer

from indexer.encoders.catalog import CATALOG, DEFAULT_ENCODER, OWN, PLUS_ENCODER
from indexer.errors import CrosstongueError, EncoderError
from search import LanguageIdentifier
from ui.encoder_choice import EncoderChoice, layer_numbers
from ui.encoder_trial import Trial, is_here, sentences_of, try_encoder
from ui.page_drawing import faults_as_sentences, header, line, notice, section
from ui.page_encoders import (
    catalog_html,
    configuration,
    filled_html,
    matrix_html,
    pieces_html,
    sentences_html,
    shares_html,
)
from ui.page_keeping import chosen, kept
from ui.page_measuring import measure

# One sentence and its translations beside another: what a cross-lingual encoder should tell apart.
SENTENCES = """\
The bread has to rise for an hour.
Das Brot muss eine Stunde gehen.
パンは一時間発酵させます。
يجب أن يختمر الخبز ساعة واحدة.
The train leaves in an hour.
Поезд отправляется через час."""
# As `indexer.encoders.transformer_pooling` has them; importing it would import torch.
POOLINGS = ("mean", "mean-no-special", "cls", "max", "first-last-mean", OWN)
USUAL = "usual"
OTHER = "other"

_SENTENCES, _SECOND, _DRAWN = "sentences", "second-encoder", "trials"


@dataclass(frozen=True, slots=True)
class Drawn:
    """What the last press of the button gave.

    :param sentences: as compared.
    :param languages: identified, with probabilities.
    :param results: a trial, or the sentence that says why there is none, for each configuration.
    """

    sentences: tuple[str, ...]
    languages: tuple[tuple[str, float], ...]
    results: tuple[Trial | str, ...]


def page() -> None:
    """Draw the page."""
    header("The encoders, and what they make of your sentences.", wide=True)
    section("Known by name")
    here = {entry.name: is_here(entry) for entry in CATALOG}
    st.html(catalog_html(CATALOG, here))
    line(
        "Any other works too, by its hub id (owner/name) or its folder. "
        "In a terminal, crosstongue index --re-embed --encoder NAME gives one to an index."
    )
    section("Try them")
    st.text_area(
        "Sentences, one a line, in any languages; [MASK] stands for a word to be guessed",
        SENTENCES,
        height=190,
        key=_SENTENCES,
        persist_state="session",
    )
    second = st.toggle(
        "Compare with a second one",
        value=kept(_SECOND, False),
        key=_SECOND,
        persist_state="session",
        on_change=chosen,
        args=(_SECOND,),
    )
    choices = []
    for place, column in enumerate(st.columns(2) if second else [st.container()]):
        with column:
            choices.append(_choice(place, here))
    if st.button("Compare the sentences", type="primary"):
        with faults_as_sentences(), st.spinner("Loading and encoding…"):
            st.session_state[_DRAWN] = _compare(choices)
    drawn = st.session_state.get(_DRAWN)
    if drawn is not None:
        _draw(drawn)
    section("Measure them")
    with faults_as_sentences():
        measure([name for name, _, _ in choices], POOLINGS)


def _choice(place: int, here: dict[str, bool]) -> tuple[str, str, str]:
    """Draw the widgets of one configuration; return the name, pooling and layer asked for."""
    names = [*here, OTHER]
    name = _selected("Encoder", names, f"encoder-{place}", lambda name: _label(name, here))
    if name == OTHER:
        name = st.text_input(
            "Hub id or folder",
            placeholder="owner/name or /home/you/model",
            key=f"other-{place}",
            autocomplete="off",
            persist_state="session",
        ).strip()
    if name == DEFAULT_ENCODER:
        line("It has one pooling, the mean of its word pieces, and no layers.")
        return name, USUAL, ""
    if name == PLUS_ENCODER:
        line("Its pooling and its layers are those that it was trained with.")
        return name, USUAL, ""
    with st.container(horizontal=True, gap="small"):
        pooling = _selected(
            "Pooling",
            [USUAL, *POOLINGS],
            f"pooling-{place}",
            lambda pooling: _pooling_label(name, pooling),
        )
        layer = st.text_input(
            "Layer",
            placeholder=_usual_layer(name),
            help="A number, 0 to the last, or several to average: 6,7,8",
            key=f"layer-{place}",
            autocomplete="off",
            persist_state="session",
        )
    return name, pooling, layer.strip()


def _selected(label: str, offered: list[str], key: str, named: Callable[[str], str]) -> str:
    """Draw a choice that is kept."""
    return st.selectbox(
        label,
        offered,
        index=offered.index(kept(key, offered[0], offered)),
        format_func=named,
        key=key,
        persist_state="session",
        on_change=chosen,
        args=(key,),
    )


def _label(name: str, here: dict[str, bool]) -> str:
    if name == OTHER:
        return "Another, by hub id or folder"
    return name if here[name] else f"{name} (not on this machine)"


def _pooling_label(name: str, pooling: str) -> str:
    if pooling == OWN:
        return "the model's own"
    if pooling != USUAL:
        return pooling
    entry = next((entry for entry in CATALOG if entry.name == name), None)
    if entry is None:
        return "as usual"
    return f"as usual ({'the model’s own' if entry.pooling == OWN else entry.pooling})"


def _usual_layer(name: str) -> str:
    entry = next((entry for entry in CATALOG if entry.name == name), None)
    return "as usual" if entry is None or entry.layer is None else f"as usual ({entry.layer})"


def _compare(choices: list[tuple[str, str, str]]) -> Drawn:
    sentences = sentences_of(st.session_state[_SENTENCES])
    languages = LanguageIdentifier.load().identify(sentences)
    results: list[Trial | str] = []
    for asked in choices:
        try:
            results.append(try_encoder(_read(*asked), sentences))
        except CrosstongueError as error:
            results.append(str(error))
    return Drawn(tuple(sentences), tuple(languages), tuple(results))


def _read(name: str, pooling: str, layer: str) -> EncoderChoice:
    if not name:
        raise EncoderError("Name an encoder: a hub id (owner/name) or a folder.")
    try:
        layers = layer_numbers(layer or None)
    except typer.BadParameter as error:
        raise EncoderError(error.message) from None
    return EncoderChoice(name, None if pooling == USUAL else pooling, layers)


def _draw(drawn: Drawn) -> None:
    tags = [tag for tag, _ in drawn.languages]
    section("Sentences and their languages")
    st.html(sentences_html(drawn.sentences, drawn.languages))
    several = len(drawn.results) > 1
    columns = st.columns(len(drawn.results), gap="medium") if several else [st.container()]
    for column, result in zip(columns, drawn.results, strict=True):
        with column, faults_as_sentences():
            if isinstance(result, str):
                notice(result, error=True)
                continue
            section("Similarity")
            line(configuration(result.spec))
            st.html(matrix_html(result, tags))
            line("The cosine of every two sentences; the nearest of each row is bold.")
            section("Word pieces")
            st.html(pieces_html(result))
            if result.shares:
                section("Shares of words")
                st.html(shares_html(result))
                line("What each word adds to its sentence's cosine to the first sentence.")
            if isinstance(result.filled, str):
                notice(result.filled)
            elif result.filled:
                section("Behind the masks")
                st.html(filled_html(result))


with faults_as_sentences():
    page()
