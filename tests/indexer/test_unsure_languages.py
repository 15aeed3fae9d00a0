"""A table or a command is in no language that can be told; its document is."""

import pytest

from indexer.index import Index
from indexer.syncing import sync

PROSE = "Ein Absatz über Käse, der in keiner anderen Sprache so lang würde wie in dieser. " * 8
TABLE = "$ apt-get install vim | 3743 kB | V:0, I:3 | /usr/share/doc/vim " * 8


@pytest.fixture
def indexed_languages(tmp_path, encoder, helpers):
    """Return a function that indexes a text, its commands told as Kabyle with some certainty."""
    known = encoder.encode_with_languages

    def doubtfully(texts, certainty):
        vectors, languages = known(texts)
        told = zip(texts, languages, strict=True)
        return vectors, [("kab", certainty) if "$" in text else pair for text, pair in told]

    def languages(text, certainty):
        encoder.encode_with_languages = lambda texts, kind: doubtfully(texts, certainty)
        helpers.write(tmp_path / "documents" / "page.txt", text)
        with Index.create(tmp_path / "index", encoder=encoder) as index:
            sync(index, tmp_path / "documents")
            rows = index.connection.execute("SELECT text, language FROM passages").fetchall()
        return {language for text, language in rows if "$" in text}

    return languages


def test_a_passage_whose_language_is_a_mere_guess_counts_as_in_its_documents(indexed_languages):
    assert indexed_languages(f"{PROSE}\n\n{TABLE}", 0.05) == {"de"}


def test_a_passage_surely_in_another_language_than_its_document_keeps_it(indexed_languages):
    assert indexed_languages(f"{PROSE}\n\n{TABLE}", 0.6) == {"kab"}


def test_a_document_of_guesses_alone_is_in_the_likeliest_language(indexed_languages):
    assert indexed_languages(TABLE, 0.05) == {"kab"}
