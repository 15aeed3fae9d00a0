"""The vectors of passages' sentences: one row a passage, as long as there is the passage."""

from itertools import pairwise

import numpy as np
import pytest

from indexer import Index, load_encoder, sentence_vectors, sync
from indexer.errors import EncoderMismatchError
from indexer.passage_sentences import sentences_of
from indexer.sentence_vectors import read_cosines

TEXT = (
    "# Burns\n\nCool the burn under running water for twenty minutes. Die Uhr steht auf dem Tisch. "
    "他昨天去了图书馆。Nothing else is said here."
)


@pytest.fixture
def embedded():
    return load_encoder()


@pytest.fixture
def index(tmp_path, embedded):
    with Index.create(tmp_path / "index", encoder=embedded) as made:
        yield made


def passages(index):
    return dict(index.connection.execute("SELECT id, text FROM passages ORDER BY id").fetchall())


def cosines(index, passages, query):
    ids, edges, found = read_cosines(index.connection, passages, query)
    return {id_: found[start:end] for id_, (start, end) in zip(ids, pairwise(edges), strict=True)}


def kept(index):
    return [row[0] for row in index.connection.execute("SELECT passage FROM sentence_vectors")]


def test_cosines_are_those_of_the_sentences(index, documents, helpers, embedded):
    helpers.write(documents / "burns.md", TEXT)
    sync(index, documents)
    texts = passages(index)
    query = embedded.encode(["a clock on the table"], kind="query")[0]
    found = cosines(index, [*texts, 10_000], query)
    assert found.keys() == texts.keys()
    for id_, text in texts.items():
        sentences = [text[start:end] for start, end in sentences_of(text)]
        exact = embedded.encode(sentences) @ query
        assert found[id_].shape == exact.shape
        assert np.abs(found[id_] - exact).max() < 0.005
    [burns] = [id_ for id_, text in texts.items() if "Cool the burn" in text]
    assert found[burns].argmax() == 1 and found[burns][1] > 0.5


def test_a_sentence_the_encoder_knows_nothing_of_is_near_to_nothing(
    index, documents, embedded, monkeypatch
):
    monkeypatch.setattr(
        type(embedded), "encode", lambda self, texts, kind: np.zeros((len(texts), 256), np.float32)
    )
    with np.errstate(all="raise"):
        sync(index, documents)
    query = np.full(256, 256**-0.5, np.float32)
    found = cosines(index, kept(index), query)
    assert found and not any(near.any() for near in found.values())


def test_those_of_an_encoder_of_another_width_say_nothing(index, documents):
    sync(index, documents)
    assert cosines(index, kept(index), np.ones(100, np.float32)) == {}


def test_they_go_and_come_with_their_passages(index, documents, helpers):
    sync(index, documents)
    assert kept(index) == [*passages(index)]
    helpers.write(documents / "apples.md", TEXT)
    (documents / "bicycle.txt").unlink()
    sync(index, documents)
    assert kept(index) == [*passages(index)]
    index.forget(documents)
    assert kept(index) == []


def test_the_next_sync_of_an_older_index_makes_them_and_goes_on_where_it_was_stopped(
    index, documents, embedded, make_older, monkeypatch
):
    sync(index, documents)
    index.close()
    make_older(index.folder, 8)
    monkeypatch.setattr(sentence_vectors, "_BATCH", 2)

    def stop(done, total):
        assert (done, total) == (2, 5)
        raise KeyboardInterrupt

    with Index.open(index.folder, encoder=embedded) as opened:
        assert kept(opened) == []
        with pytest.raises(KeyboardInterrupt):
            sentence_vectors.refresh(opened, tell=stop)
        first = kept(opened)
        assert first == [*passages(opened)][:2]
        events = []
        report = sync(opened, documents, progress=events.append)
        assert (report.added, report.changed, report.embedded) == ((), (), 0)
        assert kept(opened) == [*passages(opened)]
        assert "sentences" in {event.phase for event in events}
        events.clear()
        sync(opened, documents, progress=events.append)
        assert "sentences" not in {event.phase for event in events}


def test_an_encoder_that_takes_its_time_has_none(tmp_path, documents, encoder, embedded):
    with Index.create(tmp_path / "other", encoder=encoder) as index:
        sync(index, documents)
        assert kept(index) == []
        index.re_embed(embedded)
        assert kept(index) == [*passages(index)]
        index.re_embed(encoder)
        assert kept(index) == []


def test_others_are_made_when_they_are_found_otherwise(index, documents, monkeypatch):
    sync(index, documents)
    with index.transaction() as connection:
        connection.execute("UPDATE sentence_vectors SET vectors = x''")
    monkeypatch.setattr(sentence_vectors, "VERSION", "another")
    sync(index, documents)
    query = index.encoder.encode(["rent"])[0]
    assert kept(index) == [*passages(index)]
    assert all(map(len, cosines(index, kept(index), query).values()))


def test_an_encoder_that_has_changed_does_not_keep_a_folder_from_being_looked_at(
    index, documents, make_older, monkeypatch
):
    sync(index, documents)
    index.close()
    make_older(index.folder, 8)

    def changed(_):
        raise EncoderMismatchError("It has changed.")

    monkeypatch.setattr(Index, "encoder", property(changed))
    with Index.open(index.folder) as opened:
        assert sync(opened, documents).unchanged == 5
        assert kept(opened) == []


def test_sentences_count_only_where_nearly_all_are_there(index, documents, monkeypatch):
    sync(index, documents)
    last = max(passages(index))
    assert sentence_vectors.has_all(index.connection, last)
    assert not sentence_vectors.has_all(index.connection, last + 2 * sentence_vectors._BATCH)
    monkeypatch.setattr(sentence_vectors, "VERSION", "another")
    assert not sentence_vectors.has_all(index.connection, last)


def test_a_stop_while_sentences_are_encoded_leaves_the_new_encoder_in_place(
    tmp_path, documents, encoder, embedded, monkeypatch
):
    monkeypatch.setattr(sentence_vectors, "_BATCH", 2)
    with Index.create(tmp_path / "other", encoder=encoder) as index:
        sync(index, documents)
        index.set_centring(True)

        def stop(event):
            if event.phase == "sentences":
                with index.transaction() as connection:
                    connection.execute("UPDATE jobs SET request = 'stop' WHERE state = 'running'")

        assert index.re_embed(embedded, progress=stop)
        assert index.spec == embedded.spec
        assert 0 < len(kept(index)) < len(passages(index))
        sync(index, documents)
        assert kept(index) == [*passages(index)]


def test_no_centres_of_the_old_vectors_outlive_them(tmp_path, documents, encoder, embedded):
    with Index.create(tmp_path / "other", encoder=encoder) as index:
        sync(index, documents)
        index.set_centring(True)
        assert index.centres is not None
        _swapped(index, embedded)
        assert index.centres is None


def _swapped(index, embedded):
    """Do what a re-embedding does up to the moment the vectors are swapped, and be killed there."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("indexer.centring.refresh", _killed)
        with pytest.raises(KeyboardInterrupt):
            index.re_embed(embedded)


def _killed(*_, **__):
    raise KeyboardInterrupt
