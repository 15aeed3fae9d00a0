"""Centring: a language's own place among vectors buries no answer, and stored vectors stay raw."""

import numpy as np
import pytest

from indexer import Index, load_encoder, sync
from indexer.centres import Centres
from indexer.centring import estimate
from indexer.encoders.protocol import EncoderSpec
from indexer.viewfile import FILE_NAME, read_stamp
from search import Searcher

LAW = {
    "Der Vermieter darf die Miete nicht zweimal im Jahr erhöhen.": "how often may rent go up",
    "Ein Testament muss mit der Hand geschrieben und unterschrieben sein.": "how to write a will",
    "Wer eine mangelhafte Ware kauft, kann das Geld zurückverlangen.": "refund for faulty goods",
    "Die Kaution wird nach dem Auszug aus der Wohnung zurückgezahlt.": "when is a deposit returned",
    "Nach zehn Uhr abends müssen die Nachbarn leise sein.": "noisy neighbours at night",
    "Ein Arbeitsvertrag wird mit einer Frist von vier Wochen gekündigt.": "notice to end a job",
}
RECIPES = {
    "パン生地を十分間こねてから、一時間休ませます。": "how long to knead bread dough",
    "米を洗って水に浸し、弱火で十五分炊きます。": "how to cook rice",
    "きゅうりとキャベツは塩だけで漬けられます。": "pickling cucumbers with salt",
    "コーヒーは九十度のお湯でゆっくり入れます。": "water temperature for coffee",
    "スープには玉ねぎ、にんじん、じゃがいもを入れます。": "vegetables for a soup",
    "魚は塩をふって強火で焼くとおいしくなります。": "how to grill fish",
}
# The same two subjects in two languages, so that a query has an answer in another one.
SUBJECTS = {
    "miete.txt": "Der Vermieter darf die Miete nicht zweimal im Jahr erhöhen.",
    "rent.txt": "The landlord may not raise the rent twice a year.",
    "brot.txt": "Den Brotteig knetet man zehn Minuten und lässt ihn ruhen.",
    "bread.txt": "Knead the bread dough for ten minutes and let it rest.",
    "fieber.txt": "Bei Fieber soll man viel trinken und im Bett bleiben.",
    "fever.txt": "With a fever one should drink a lot and stay in bed.",
    "zug.txt": "Im Nachtzug reserviert man den Platz vor der Reise.",
    "train.txt": "On the night train a seat is reserved before the journey.",
}


class RawEncoder:
    """The embedded encoder made like a masked-language model: languages lie far apart."""

    raw = True

    def __init__(self, apart=2.0):
        self._inner = load_encoder()
        self._apart = apart
        self.spec = EncoderSpec("raw", "1", self._inner.dimension)
        self.texts = []

    @property
    def dimension(self):
        return self.spec.dimension

    def encode(self, texts, *, kind="document"):
        self.texts += texts
        vectors, languages = self._inner.encode_with_languages(texts)
        for row, (language, _) in zip(vectors, languages, strict=True):
            seed = int.from_bytes(language.encode(), "little")
            place = np.random.default_rng(seed).standard_normal(self.dimension)
            row += self._apart * place / np.linalg.norm(place)
        return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


@pytest.fixture
def make(tmp_path):
    """Make an index of files by name and text."""
    made = []

    def build(files, encoder=None):
        folder = tmp_path / f"documents{len(made)}"
        folder.mkdir()
        for name, text in files.items():
            (folder / name).write_text(text, "utf-8")
        index = Index.create(tmp_path / f"index{len(made)}", encoder=encoder or RawEncoder())
        made.append(index)
        sync(index, folder)
        return index

    yield build
    for index in made:
        index.close()


def names(index, query, **options):
    hits = Searcher(index).search(query, mode="dense", **options)
    return [hit.path.name for hit in hits]


def raw_rows(index):
    return index.connection.execute("SELECT key, vector FROM vectors ORDER BY key").fetchall()


QUESTION = "How often may a landlord raise the rent?"


def test_an_answer_in_another_language_stands_beside_that_in_ones_own(make):
    index = make(SUBJECTS)
    index.set_centring(False)
    assert not {"miete.txt"} & set(names(index, QUESTION)[:4])
    index.set_centring(True)
    assert set(names(index, QUESTION)[:2]) == {"rent.txt", "miete.txt"}


def test_masked_language_models_are_centred_unless_told_otherwise_and_others_are_not(make):
    assert make(SUBJECTS).centres is not None
    assert make(SUBJECTS, load_encoder()).centres is None
    told = make(SUBJECTS)
    told.set_centring(False)
    sync(told)
    assert told.centres is None


def test_switching_embeds_nothing_and_leaves_stored_vectors_raw(make):
    encoder = RawEncoder()
    index = make(SUBJECTS, encoder)
    before, asked = raw_rows(index), len(encoder.texts)
    for on in (False, True, False, True):
        index.set_centring(on)
        stamp = read_stamp(index.folder / FILE_NAME)
        assert (stamp.centres > 0) == on
    assert raw_rows(index) == before
    assert len(encoder.texts) == asked
    stored = index.vectors_of(np.array([1]))
    np.testing.assert_allclose(stored[0], encoder.encode([SUBJECTS["bread.txt"]])[0], atol=1e-3)


def test_the_view_holds_centred_vectors_also_when_it_is_made_anew(make):
    index = make(SUBJECTS)
    expected = names(index, QUESTION)
    folder, encoder = index.folder, index.encoder
    (folder / FILE_NAME).unlink()
    with Index.open(folder, encoder=encoder) as again:
        assert names(again, QUESTION) == expected


def test_what_codes_find_is_compared_without_centres_too(make):
    index = make(SUBJECTS)
    ids = np.array([1, 3])
    expected, rows = names(index, QUESTION), index.vectors.rows(ids)
    index.set_codes("int8")
    assert names(index, QUESTION) == expected
    np.testing.assert_array_equal(index.vectors.rows(ids), rows)


def test_an_open_index_notices_that_another_one_switched(make):
    index = make(SUBJECTS)
    searcher = Searcher(index)
    centred = [hit.path.name for hit in searcher.search(QUESTION, mode="dense")]
    with Index.open(index.folder, encoder=index.encoder) as other:
        other.set_centring(False)
    raw = [hit.path.name for hit in searcher.search(QUESTION, mode="dense")]
    assert raw != centred
    assert raw == names(index, QUESTION)


def test_centres_are_found_anew_when_the_index_has_grown(make, tmp_path):
    index = make(SUBJECTS)
    first = index.centres.version
    folder = tmp_path / "documents0"
    (folder / "one.txt").write_text("One more text on bread.", "utf-8")
    sync(index)
    assert index.centres.version == first
    for number in range(6):
        (folder / f"{number}.txt").write_text(f"Il treno numero {number} parte la sera.", "utf-8")
    sync(index)
    assert index.centres.version == first + 1
    assert "one.txt" in names(index, "bread")


def test_another_encoder_gets_centres_of_its_own(make):
    index = make(SUBJECTS)
    first = index.centres
    index.re_embed(RawEncoder(apart=1.0))
    assert index.centres.version != first.version
    assert set(names(index, QUESTION)[:2]) == {"rent.txt", "miete.txt"}
    index.re_embed(load_encoder())
    assert index.centres is None


def accuracy(index):
    searcher = Searcher(index)
    right = 0
    for files in (LAW, RECIPES):
        for text, query in files.items():
            [hit] = searcher.search(query, mode="dense", limit=1)
            right += hit.passage.text.strip() == text
    return right


@pytest.mark.parametrize("apart", [0.5, 2.0])
def test_where_languages_and_subjects_coincide_nothing_is_lost(make, apart):
    """All German texts are law, all Japanese ones recipes, and the questions are English."""
    texts = [*LAW, *RECIPES]
    index = make({f"{n}.txt": text for n, text in enumerate(texts)}, RawEncoder(apart))
    centred = accuracy(index)
    index.set_centring(False)
    assert centred >= accuracy(index)
    assert centred >= 8


def test_what_a_languages_texts_are_about_stays_in_its_vectors():
    """A subject that the sample explains is no part of a centre."""
    rng = np.random.default_rng(1)
    subjects = rng.standard_normal((400, 8)).astype(np.float32)
    languages = np.array(["de", "ja"] * 200)
    subjects[languages == "de", 0] += 3
    subjects[languages == "ja", 0] -= 3
    place = {"de": np.eye(16)[14], "ja": np.eye(16)[15]}
    vectors = np.zeros((400, 16), np.float32)
    vectors[:, :8] = subjects
    vectors += np.array([place[one] for one in languages])
    found = estimate(1, vectors, subjects, list(languages))
    between = found.vectors[0] - found.vectors[1]
    assert found.languages == ("de", "ja")
    assert between[14] == pytest.approx(1, abs=0.05)
    assert abs(between[0]) < 0.1


def test_a_language_of_few_passages_is_drawn_to_the_middle():
    rng = np.random.default_rng(2)
    vectors = rng.standard_normal((151, 4)).astype(np.float32)
    vectors[100:] += 1
    about = np.zeros((151, 2), np.float32)
    found = estimate(1, vectors, about, ["de"] * 100 + ["fr"] * 50 + ["ja"])
    german, french, japanese = found.vectors
    assert np.linalg.norm(german - vectors[:100].mean(axis=0)) < 0.1
    assert np.linalg.norm(french - vectors[100:150].mean(axis=0)) < 0.1
    alone = vectors[150]
    assert np.linalg.norm(japanese - found.middle) < 0.6 * np.linalg.norm(alone - found.middle)


def centres():
    table = np.array([[1, 0, 0], [0, 1, 0]], np.float32)
    return Centres(1, ("de", "nl"), table, np.array([0.5, 0.5, 0], np.float32))


def test_a_query_of_an_uncertain_language_has_the_mixture_taken_off():
    query = np.array([1, 1, 1], np.float32)
    mixed = centres().query(query, {"de": 0.5, "nl": 0.5})
    np.testing.assert_allclose(mixed, np.array([0.5, 0.5, 1]) / np.sqrt(1.5), atol=1e-6)
    unknown = centres().query(query, {"fi": 1.0})
    np.testing.assert_allclose(unknown, query / np.sqrt(3), atol=1e-6)


def test_passages_of_other_languages_have_the_middle_taken_off_and_empty_ones_stay_empty():
    rows = np.array([[1, 0, 1], [0.5, 0.5, 2], [0.5, 0.5, 2], [0, 0, 0]], np.float32)
    found = centres().documents(rows, ["de", "fi", None, "de"])
    assert found.tolist() == [[0, 0, 1], [0, 0, 1], [0, 0, 1], [0, 0, 0]]


def test_hits_are_judged_and_similar_ones_found_among_centred_vectors(make):
    index = make(SUBJECTS)
    searcher = Searcher(index)
    [rent, *others] = searcher.search(QUESTION)
    assert max(other.confidence for other in others[1:]) < rent.confidence < 1
    [similar, *_] = searcher.similar(rent.path)
    assert {rent.path.name, similar.path.name} == {"rent.txt", "miete.txt"}
    assert searcher.search(QUESTION, diverse=True, limit=3)


def test_an_index_from_before_centring_opens_and_can_be_centred(make, make_older):
    index = make(SUBJECTS)
    folder, encoder = index.folder, index.encoder
    index.close()
    make_older(folder, 2)
    with Index.open(folder, encoder=encoder) as again:
        assert again.centres is None
        assert names(again, QUESTION)
        again.set_centring(True)
        assert set(names(again, QUESTION)[:2]) == {"rent.txt", "miete.txt"}
