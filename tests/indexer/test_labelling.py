from pathlib import Path

import pytest

from indexer import Index, load_encoder, sync
from indexer.errors import IndexBusyError, LabelsError
from indexer.jobs import writer_lock
from indexer.labelling import Label, labels_by_document, labels_of, read_labels, set_labels

TEXTS = {
    "brot.txt": "Den Teig kneten, gehen lassen und das Brot im Ofen backen.",
    "pane.txt": "Impastare la farina con il lievito e cuocere il pane nel forno.",
    "passwort.txt": "Ein langes Passwort schützt das Konto; verwende keines zweimal.",
    "password.txt": "Scegli una password lunga e diversa per ogni account.",
    "moon.txt": "The first astronauts walked on the moon and brought back rocks.",
    "lune.txt": "Les astronautes ont marché sur la Lune et rapporté des roches.",
    "huis.txt": "De huurder betaalt een waarborg aan de eigenaar van het huis.",
    "train.txt": "El tren nocturno sale a las diez y llega a París por la mañana.",
}
LABELS = [
    Label("Baking", "bread, dough and the oven"),
    Label("パスワード"),
    Label("space travel", "astronauts on the moon"),
]


@pytest.fixture(scope="module")
def encoder():
    return load_encoder()


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "files").mkdir()
    for name, text in TEXTS.items():
        (tmp_path / "files" / name).write_text(text, "utf-8")
    return tmp_path / "files"


@pytest.fixture
def index(tmp_path, folder, encoder):
    with Index.create(tmp_path / "index", encoder=encoder) as made:
        sync(made, folder)
        yield made


def given(index: Index) -> dict[str, tuple[str, ...]]:
    rows = index.connection.execute("SELECT id, path FROM documents").fetchall()
    labels = labels_by_document(index.connection, [row[0] for row in rows])
    return {Path(path.decode()).name: labels.get(id, ()) for id, path in rows}


def test_documents_get_labels_in_other_languages_than_their_own(index):
    counts = set_labels(index, LABELS, most=1, least=1.5)
    found = given(index)
    assert found["brot.txt"] == found["pane.txt"] == ("Baking",)
    assert found["passwort.txt"] == found["password.txt"] == ("パスワード",)
    assert found["moon.txt"] == found["lune.txt"] == ("space travel",)
    assert found["train.txt"] == ()
    baking = next(one for one in counts if one.name == "Baking")
    assert (baking.documents, baking.description) == (2, "bread, dough and the oven")
    assert {path.name for path in baking.nearest} == {"brot.txt", "pane.txt"}
    assert -1 < baking.threshold < 1


def test_a_document_has_no_more_labels_than_asked_for(index):
    set_labels(index, LABELS, most=2, least=-100)
    assert {len(labels) for labels in given(index).values()} == {2}


def test_new_and_changed_documents_are_labelled_by_sync(index, folder):
    set_labels(index, LABELS, least=1)
    (folder / "pain.txt").write_text("Pétrir la pâte et cuire le pain au four.", "utf-8")
    (folder / "moon.txt").write_text("Das Passwort des Kontos ist geheim.", "utf-8")
    sync(index, folder)
    found = given(index)
    assert found["pain.txt"] == ("Baking",)
    assert found["moon.txt"] == ("パスワード",)


def test_new_labels_replace_the_old_ones_and_none_takes_them_away(index):
    set_labels(index, LABELS, least=1.5)
    set_labels(index, [Label("space travel")], least=1.5)
    assert [one.name for one in labels_of(index)] == ["space travel"]
    assert given(index)["brot.txt"] == ()
    assert set_labels(index, []) == ()
    assert not any(given(index).values())


def test_another_encoder_labels_anew(index):
    class Turned:
        """The same vectors, their dimensions turned round: labels must be encoded anew."""

        def __init__(self, inner):
            self.inner = inner
            self.spec = inner.spec.__class__("turned", "1", inner.dimension)
            self.dimension = inner.dimension

        def encode(self, texts, *, kind="document"):
            return self.inner.encode(texts, kind=kind)[:, ::-1].copy()

    set_labels(index, LABELS, most=1, least=1.5)
    before = given(index)
    assert index.re_embed(Turned(index.encoder))
    after = given(index)
    assert after["brot.txt"] == before["brot.txt"] == ("Baking",)
    assert index.connection.execute("SELECT count(*) FROM document_labels").fetchone()[0] >= 6


def test_labels_are_refused_while_another_writes_and_nothing_is_lost(index):
    set_labels(index, LABELS)
    with writer_lock(index.folder, "a test"), pytest.raises(IndexBusyError):
        set_labels(index, [])
    assert len(labels_of(index)) == len(LABELS)


def test_an_index_from_before_there_were_labels_opens_and_takes_some(index, encoder, make_older):
    folder = index.folder
    index.close()
    make_older(folder, 3)
    with Index.open(folder, encoder=encoder) as again:
        assert labels_of(again) == ()
        set_labels(again, LABELS, most=1, least=1.5)
        assert given(again)["brot.txt"] == ("Baking",)


def test_a_file_of_labels_may_have_comments_descriptions_and_blank_lines(tmp_path):
    file = tmp_path / "labels.txt"
    file.write_text("\ufeff# mine\n\nlaw: rent and wills\n 健康：病気 \nsports\n", "utf-8")
    assert read_labels(file) == [
        Label("law", "rent and wills"),
        Label("健康", "病気"),
        Label("sports"),
    ]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "holds no label"),
        (b"# only a comment\n", "holds no label"),
        (b": a description\n", "has no name"),
        ("law\nＬＡＷ\n".encode(), "there twice"),
        (b"caf\xe9\n", "not UTF-8"),
    ],
)
def test_a_file_of_labels_that_means_nothing_is_told_in_a_sentence(tmp_path, content, said):
    file = tmp_path / "labels.txt"
    file.write_bytes(content)
    with pytest.raises(LabelsError, match=said):
        read_labels(file)
    with pytest.raises(LabelsError, match="cannot be read"):
        read_labels(tmp_path / "missing.txt")


def test_a_document_with_no_label_at_all_is_a_mistake(index):
    with pytest.raises(LabelsError, match="at least 1"):
        set_labels(index, LABELS, most=0)
