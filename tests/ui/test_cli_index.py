"""`index`, `status` and `forget` as a person and a program use them."""

import json
import os
import pty
import re
import signal
import stat
import subprocess
import time

import pytest


def test_index_then_search_just_works_in_a_private_folder(crosstongue, documents, home):
    done = crosstongue("index", documents)
    assert done.returncode == 0
    assert done.stdout.startswith("Indexed: 5 added (5 passages, ")
    index = home / ".local/share/crosstongue/index"
    for folder in (index, index.parent, index.parent.parent):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert crosstongue("search", "bread dough").returncode == 0


def test_a_second_run_finds_nothing_to_do(crosstongue, indexed):
    assert crosstongue("index", indexed).stdout.startswith("Indexed: 5 unchanged (0 passages")


def test_without_a_folder_the_known_ones_are_brought_up_to_date(crosstongue, indexed):
    (indexed / "new.txt").write_text("A new document.")
    assert "1 added" in crosstongue("index").stdout


def test_a_dry_run_prints_the_plan_and_makes_no_index(crosstongue, documents, home):
    done = crosstongue("index", "--dry-run", documents)
    assert done.returncode == 0
    assert "Would be 5 added" in done.stdout
    assert f"+ {documents.resolve()}/bread.rst" in done.stdout
    assert not (home / ".local").exists()


def test_a_dry_run_over_an_index_changes_nothing(crosstongue, indexed):
    (indexed / "bread.rst").unlink()
    (indexed / "new.txt").write_text("A new document.")
    done = crosstongue("index", "--dry-run", indexed)
    assert "- " in done.stdout and "bread.rst" in done.stdout
    assert "+ " in done.stdout and "new.txt" in done.stdout
    status = json.loads(crosstongue("status", "--json").stdout)
    assert status["documents"] == 5


def test_the_report_as_json(crosstongue, documents):
    (documents / "broken.pdf").write_bytes(b"%PDF-1.7\nno PDF")
    report = json.loads(crosstongue("index", documents, "--json").stdout)
    assert len(report["added"]) == 5
    assert report["failed"][0]["path"].endswith("broken.pdf")
    assert report["failed"][0]["reason"]
    assert report["passages"] == 5


def test_a_file_that_cannot_be_read_is_told_and_the_run_is_done(crosstongue, documents):
    (documents / "broken.pdf").write_bytes(b"%PDF-1.7\nno PDF")
    (documents / "loop").symlink_to(documents)
    done = crosstongue("index", documents)
    assert done.returncode == 0
    assert "5 added, 2 failed" in done.stdout
    assert "2 files could not be read:" in done.stdout
    assert "broken.pdf: " in done.stdout
    assert "loop: " in done.stdout
    assert "Failed     " in crosstongue("status").stdout


def test_ignored_files_stay_out_now_and_in_later_runs(crosstongue, documents):
    crosstongue("index", documents, "--ignore", "*.md", "--ignore", "travel/")
    (documents / "more.md").write_text("More.")
    crosstongue("index", documents)
    status = json.loads(crosstongue("status", "--json").stdout)
    assert status["documents"] == 1
    assert status["sources"][0]["ignore_rules"] == ["*.md", "travel/"]


def test_verify_sees_a_change_that_size_and_date_hide(crosstongue, documents):
    file = documents / "bread.rst"
    os.utime(file, (1_700_000_000, 1_700_000_000))
    crosstongue("index", documents)
    file.write_text(file.read_text().replace("Knead", "Bake!"))
    os.utime(file, (1_700_000_000, 1_700_000_000))
    assert "5 unchanged" in crosstongue("index", documents).stdout
    assert "1 changed" in crosstongue("index", "--verify", documents).stdout


def test_half_a_folder_gone_wants_confirmation(crosstongue, indexed):
    for name in ("health/burns.md", "health/verbrennung.md", "travel/train.html"):
        (indexed / name).unlink()
    done = crosstongue("index", indexed)
    assert done.returncode == 1
    assert "--confirm-removals" in done.stderr
    assert "3 removed" in crosstongue("index", "--confirm-removals", indexed).stdout


def test_re_embedding_keeps_every_answer(crosstongue, indexed):
    before = crosstongue("search", "bread dough", "--json").stdout
    done = crosstongue("index", "--re-embed")
    assert done.returncode == 0
    assert "Embedded 5 passages with embedded." in done.stderr
    assert crosstongue("search", "bread dough", "--json").stdout == before


def test_centring_is_switched_and_shown(crosstongue, indexed):
    def centring():
        return json.loads(crosstongue("status", "--json").stdout)["centring"]

    assert centring() is False
    assert crosstongue("index", "--centring", "--dry-run").returncode == 0
    assert centring() is False
    done = crosstongue("index", "--centring")
    assert done.returncode == 0, done.stderr
    assert centring() is True
    assert "Centring   on" in crosstongue("status").stdout
    assert "verbrennung" in crosstongue("search", "kühlen").stdout
    assert crosstongue("index", "--no-centring").returncode == 0
    assert centring() is False


def test_codes_are_chosen_kept_and_shown(crosstongue, indexed):
    def codes():
        return json.loads(crosstongue("status", "--json").stdout)["codes"]

    assert codes() == "float16"
    assert "Codes" not in crosstongue("status").stdout
    before = crosstongue("search", "kühlen", "--json").stdout
    assert crosstongue("index", "--codes", "binary", "--dry-run").returncode == 0
    assert codes() == "float16"
    done = crosstongue("index", "--codes", "binary")
    assert done.returncode == 0, done.stderr
    assert crosstongue("index").returncode == 0
    assert codes() == "binary"
    assert "Codes      binary" in crosstongue("status").stdout
    assert crosstongue("search", "kühlen", "--json").stdout == before
    assert crosstongue("index", "--codes", "float16").returncode == 0
    assert codes() == "float16"
    assert "int8" in crosstongue("index", "--codes", "int4").stderr


def test_progress_goes_to_standard_error_as_plain_lines(crosstongue, documents):
    done = crosstongue("index", documents, "--json")
    assert "indexing: " in done.stderr
    assert "of 5 files" in done.stderr
    assert "\x1b" not in done.stderr
    json.loads(done.stdout)


def test_status_shows_folders_languages_and_counts(crosstongue, indexed):
    done = crosstongue("status")
    assert "5 documents, 5 passages" in done.stdout
    assert f"Folder     {indexed.resolve()} (5 documents)" in done.stdout
    assert "Language   de" in done.stdout
    status = json.loads(crosstongue("status", "--json").stdout)
    assert {one["language"] for one in status["languages"]} == {"de", "en"}
    assert status["job"]["state"] == "done"
    assert status["encoder"] == "embedded"


def test_forget_takes_a_folder_out_and_leaves_it_on_disk(crosstongue, indexed):
    done = crosstongue("forget", indexed)
    assert done.returncode == 0
    assert "5 documents removed" in done.stdout
    assert (indexed / "bread.rst").exists()
    assert "Nothing is indexed yet" in crosstongue("search", "bread").stdout


def test_the_index_can_be_named_by_option_and_by_variable(crosstongue, documents, tmp_path):
    named = tmp_path / "elsewhere"
    crosstongue("index", documents, "--index", named)
    assert crosstongue("search", "bread", "--index", named).returncode == 0
    assert crosstongue("search", "bread", variables={"CROSSTONGUE_INDEX": str(named)}).stdout
    assert crosstongue("search", "bread").returncode == 1


def test_ctrl_c_keeps_what_is_done_and_says_so(command, environment, documents, tmp_path):
    for number in range(3_000):
        (documents / f"{number}.txt").write_text(f"Document number {number}. " * 40)
    process = subprocess.Popen(
        command("index", documents),
        env=environment,
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    for line in process.stderr:
        if line.startswith("indexing"):
            break
    time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    if process.returncode == 0:
        pytest.fail("the run ended before it was interrupted")
    assert process.returncode == 130
    assert "what is indexed is kept" in err
    assert "Traceback" not in err
    again = subprocess.run(
        command("index", documents), env=environment, cwd=tmp_path, capture_output=True
    )
    assert again.returncode == 0


def test_a_person_at_a_terminal_sees_a_bar_with_rate_and_what_is_left(
    command, environment, documents, tmp_path
):
    for number in range(2_000):
        (documents / f"{number}.txt").write_text(f"Document number {number}. " * 40)
    terminal, far_end = pty.openpty()
    process = subprocess.Popen(
        command("index", documents),
        env={**environment, "TERM": "xterm", "COLUMNS": "120"},
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=far_end,
    )
    os.close(far_end)
    drawn = b""
    try:
        while chunk := os.read(terminal, 65536):
            drawn += chunk
    except OSError:  # the other end is closed
        pass
    os.close(terminal)
    process.communicate()
    assert process.returncode == 0
    text = drawn.decode()
    assert "indexing" in text
    assert re.search(r"\d+ of 2,005 files", text)
    assert "files/s" in text
    assert "━" in text
