"""What cosines are where nothing answers, by language."""

import numpy as np
import pytest

from search import Searcher
from search.background import LARGEST_OFFSET, Background
from search.confidence import Judge, words_confidence


def unit(rows):
    rows = np.atleast_2d(np.asarray(rows, np.float32))
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def around(centre, count, seed, spread=1.0):
    noise = np.random.default_rng(seed).standard_normal((count, len(centre)))
    return unit(np.asarray(centre) + spread * noise / np.sqrt(len(centre)))


WIDTH = 64
E = np.eye(WIDTH, dtype=np.float32)


def two_languages():
    """German lies towards the first axis, Japanese towards the second."""
    vectors = np.vstack([around(0.1 * E[0], 300, 1), around(0.1 * E[1], 300, 2)])
    return Background(600, vectors, ("de",) * 300 + ("ja",) * 300)


def test_what_a_language_adds_is_taken_off_and_sums_to_nothing():
    offsets = two_languages().offsets(unit(E[0] + E[2])[0])
    assert offsets["de"] > 0.02 > -0.02 > offsets["ja"]
    assert offsets["de"] == pytest.approx(-offsets["ja"], abs=1e-4)


def test_an_index_of_one_language_has_no_offsets_to_speak_of():
    background = Background(100, around(E[0], 100, 1), ("de",) * 100)
    assert background.offsets(E[0]) == {"de": pytest.approx(0, abs=1e-6)}


def test_a_language_of_one_passage_is_hardly_measured_against_itself():
    vectors = np.vstack([around(E[3], 100, 1, 3.0), E[:1]])
    offsets = Background(101, vectors, ("de",) * 100 + ("ja",)).offsets(E[0])
    assert abs(offsets["ja"]) <= LARGEST_OFFSET


def test_where_languages_and_subjects_coincide_the_offset_stays_small():
    """All German texts are law, all Japanese ones recipes: a question of law finds law."""
    law, recipes = around(2 * E[0], 200, 1), around(2 * E[1], 200, 2)
    vectors = np.vstack([law, recipes])
    languages = ("de",) * 200 + ("ja",) * 200
    background = Background(400, vectors, languages)
    queries = around(2 * E[0], 50, 3)
    for query in queries:
        offsets = background.offsets(query)
        even = vectors @ query - np.array([offsets[code] for code in languages])
        assert languages[int(even.argmax())] == "de"


def test_the_null_is_the_mean_cosine_and_leans_on_what_the_encoder_brings():
    vectors = around(E[0], 50, 1)
    alone = Background(50, vectors, ("de",) * 50)
    assert alone.null(E[0]) == pytest.approx(float((vectors @ E[0]).mean()), abs=1e-5)
    brought = Background(50, vectors, ("de",) * 50, (np.zeros(WIDTH, np.float32), 0.2))
    assert 0 < brought.null(E[0]) < alone.null(E[0])
    empty = Background(0, np.empty((0, WIDTH), np.float32), ())
    assert empty.null(E[0]) == 0
    assert empty.deviation > 0
    assert empty.offsets(E[0]) == {}


def test_confidence_grows_with_the_cosine_and_with_the_share_of_the_words():
    background = two_languages()
    judge = Judge(background, background.null(E[2]), {})
    values = [judge.confidence(cosine, "de") for cosine in (0.0, 0.3, 0.6, 0.9)]
    assert values == sorted(values)
    assert 0 <= values[0] < values[-1] <= 1
    assert judge.confidence(0.1, "de", share=1.0) > 0.9 > judge.confidence(0.1, "de", share=0.5)
    assert words_confidence(0) == 0


def test_confidence_means_the_same_in_an_encoder_of_a_narrow_band():
    """All cosines of a raw masked-language model lie close together, and high."""
    wide, narrow = around(0.3 * E[0], 400, 1), around(3 * E[0], 400, 1, 0.5)
    judges = [
        Judge(one, one.null(one.vectors[7]), {})
        for one in (Background(400, rows, ("de",) * 400) for rows in (wide, narrow))
    ]
    usual = [judge.confidence(judge.null, "de") for judge in judges]
    assert usual[0] == pytest.approx(usual[1], abs=0.02)


def test_a_new_sample_is_taken_when_the_index_has_grown(make_index):
    searcher = Searcher(make_index({"a.txt": "the first"}))
    query = searcher.index.encoder.encode(["the first"])[0]
    assert searcher.judge(query).background.passages == 1
    make_index({f"{n}.txt": f"the number {n}" for n in range(5)})
    assert searcher.judge(query).background.passages == 6
