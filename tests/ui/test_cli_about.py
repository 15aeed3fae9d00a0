"""`languages`, `encoders` and `doctor` as a person and a program use them."""

import json


def test_languages_are_guessed_for_each_text(crosstongue):
    done = crosstongue("languages", "Wo ist der Bahnhof, bitte?", "Where is the station, please?")
    assert [line.split()[0] for line in done.stdout.splitlines()] == ["de", "en"]
    assert "Wo ist der Bahnhof, bitte?" in done.stdout


def test_languages_reads_lines_from_standard_input(crosstongue):
    text = "Wo ist der Bahnhof, bitte?\n\n駅はどこにありますか。\n"
    found = json.loads(crosstongue("languages", "-", "--json", stdin=text).stdout)
    assert [one["language"] for one in found] == ["de", "ja"]
    assert found[1]["text"] == "駅はどこにありますか。"
    assert 0 < found[0]["probability"] <= 1


def test_languages_shows_as_many_as_are_asked_for_best_first(crosstongue):
    done = crosstongue("languages", "Dette er en lille bog", "--top", "3", "--json")
    [found] = json.loads(done.stdout)
    chances = [one["probability"] for one in found["languages"]]
    assert len(chances) == 3
    assert chances == sorted(chances, reverse=True)
    assert found["language"] == found["languages"][0]["language"]
    line = crosstongue("languages", "Dette er en lille bog", "-n", "3").stdout
    assert [line.split()[i] for i in (0, 2, 4)] == [one["language"] for one in found["languages"]]


def test_languages_answers_once_a_line_whatever_the_line_holds(crosstongue):
    text = "Wo ist\fder Bahnhof?\r\nWhere is\u2028the station?\n\x00\x1b[31m\n"
    done = crosstongue("languages", "-", "--json", stdin=text)
    assert done.returncode == 0
    assert len(json.loads(done.stdout)) == 3


def test_languages_wants_at_least_one_language_a_text(crosstongue):
    assert crosstongue("languages", "hello", "--top", "0").returncode == 2


def test_languages_of_nothing_is_an_empty_list(crosstongue):
    done = crosstongue("languages", "-", "--json", stdin="")
    assert (done.returncode, json.loads(done.stdout)) == (0, [])


def test_text_without_a_word_has_no_known_language(crosstongue):
    assert crosstongue("languages", "").stdout.startswith("und")


def test_encoders_lists_the_one_that_ships_first_and_all_others(crosstongue):
    table = crosstongue("encoders").stdout
    listed = json.loads(crosstongue("encoders", "--json").stdout)
    assert listed[0]["name"] == "embedded"
    for encoder in listed:
        assert encoder["licence"] and encoder["reason"] and encoder["dimension"]
        assert encoder["name"] in table
    large = next(one for one in listed if one["name"] == "xlm-roberta-large")
    assert (large["hub"], large["layers"]) == ("FacebookAI/xlm-roberta-large", 24)
    assert (large["pooling"], large["layer"], large["fills_masks"]) == ("mean", 13, True)


def test_doctor_finds_nothing_wrong_before_and_after_indexing(crosstongue, documents):
    done = crosstongue("doctor")
    assert done.returncode == 0
    assert "none yet" in done.stdout
    crosstongue("index", documents)
    done = crosstongue("doctor")
    assert done.returncode == 0, done.stdout
    assert "problem" not in done.stdout
    assert "in step with the tables, 5 passages" in done.stdout


def test_doctor_names_a_folder_that_is_gone_and_the_remedy(crosstongue, indexed):
    indexed.rename(indexed.with_name("elsewhere"))
    done = crosstongue("doctor", "--json")
    assert done.returncode == 1
    [problem] = [check for check in json.loads(done.stdout) if not check["ok"]]
    assert problem["name"] == "files"
    assert str(indexed.resolve()) in problem["finding"]
    assert "crosstongue forget" in problem["remedy"]


def test_doctor_names_an_encoder_that_has_changed(crosstongue, indexed, home):
    import sqlite3

    with sqlite3.connect(home / ".local/share/crosstongue/index/index.db") as connection:
        connection.execute(
            'UPDATE meta SET value = replace(value, \'"revision": "\', \'"revision": "0\')'
        )
    connection.close()
    done = crosstongue("doctor")
    assert done.returncode == 1
    assert "problem  index's encoder" in done.stdout
    assert "crosstongue index --re-embed" in done.stdout
