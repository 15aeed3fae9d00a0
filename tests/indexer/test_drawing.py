import time

import pytest

from indexer.documents import Passage
from indexer.drawing import without_drawing
from indexer.passages import embedded_text


def test_the_borders_of_a_drawn_table_are_left_out_and_its_words_stay():
    table = (
        "+---------+------+--------------+\n"
        "|  Paket  |Größe | Beschreibung |\n"
        "|---------+------+--------------|\n"
        "|   vim   |3743  |ein Texteditor|\n"
        "+-------------------------------+"
    )
    assert "---" not in without_drawing(table)
    words = without_drawing(table).replace("|", " ").split()
    assert words == ["Paket", "Größe", "Beschreibung", "vim", "3743", "ein", "Texteditor"]


def test_empty_cells_and_the_leaders_of_a_table_of_contents_are_left_out():
    assert without_drawing("|        |      |     |versione breve").split() == ["versione", "breve"]
    assert without_drawing("1.1 Console . . . . . . . . . 3").split() == ["1.1", "Console", "3"]
    assert without_drawing("端末 ……………… 12").split() == ["端末", "12"]


@pytest.mark.parametrize(
    "text",
    [
        "Wait... what?!",
        "ls --all -l | grep '*.txt' | wc",
        "name | size | description",
        "## A heading\n\n---\n\ntext",
        "2001:db8::1 is 192.168.0.1",
        "an em dash --- here",
        "a = b == c",
        "สวัสดี 你好 مرحبا",
    ],
)
def test_punctuation_of_sentences_tables_and_commands_stays(text):
    assert without_drawing(text) == text


def test_lines_stay_lines():
    assert without_drawing("Title\n=====\ntext\n-----\n").split("\n") == [
        "Title",
        " ",
        "text",
        " ",
        "",
    ]


def test_a_million_drawn_characters_take_no_time():
    began = time.perf_counter()
    for text in ("-" * 1_000_000, "- " * 500_000, "-" + " " * 1_000_000, "- -  x" * 150_000):
        without_drawing(text)
    assert time.perf_counter() - began < 5


def test_a_passage_is_embedded_without_the_lines_drawn_in_it():
    text = "|------+-----|\n|vim   |3743 |"
    embedded = embedded_text(Passage(0, 0, len(text), text, heading="Editoren"), "Liste ........")
    assert embedded.split() == ["Liste", "Editoren", "|vim", "|3743", "|"]
