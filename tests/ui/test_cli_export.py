"""`export` as a person gives it: the copy is an encoder like any other."""

import json

import pytest

pytest.importorskip("sentence_transformers")


def test_the_encoder_that_ships_is_exported_and_indexed_with(crosstongue, tmp_path):
    done = crosstongue("export", "embedded", "--to", "static")
    assert done.returncode == 0, done.stderr
    assert "Wrote embedded-static" in done.stdout
    assert "mean cosine of 0.9" in done.stdout  # pairs of tokens have no place there
    done = crosstongue(
        "export", "embedded", "--to", "static", "--out", tmp_path / "other", "--json"
    )
    found = json.loads(done.stdout)
    assert 0.8 < found["lowest_cosine"] < found["cosine"] < 1
    assert found["megabytes"] > 50
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "a.txt").write_text("Bread is baked in the oven.", "utf-8")
    done = crosstongue("index", tmp_path / "notes", "--encoder", found["folder"])
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["embedded", "--to", "onnx"], 1, "embedded cannot be exported to ONNX"),
        (["no-such", "--to", "onnx"], 1, "no encoder called 'no-such'"),
        (["embedded", "--to", "paper"], 2, "'paper' is not one of"),
        (["embedded", "--to", "static", "--quantize", "int8"], 1, "for the target onnx only"),
    ],
)
def test_what_cannot_be_exported_is_told_in_one_line(crosstongue, arguments, code, said):
    done = crosstongue("export", *arguments)
    assert done.returncode == code
    assert said in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr
