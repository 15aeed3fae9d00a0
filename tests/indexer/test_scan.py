"""What a scan sees, and what it leaves out."""

import os
from pathlib import Path

import pytest

from indexer import paths
from indexer.errors import CrosstongueError, SourceError
from indexer.ignoring import IgnoreRules
from indexer.scan import Scan, rules_at, scan


def walk(folder: Path, *given: str, apart: tuple[Path, ...] = ()) -> Scan:
    start = paths.to_bytes(folder)
    rules = IgnoreRules.of_source(start, given)
    return scan(start, rules, apart=[paths.to_bytes(f) for f in apart])


def files(seen: Scan) -> list[str]:
    return [os.fsdecode(f.path[len(seen.start) + 1 :]) for f in seen.files]


def reasons(seen: Scan) -> dict[str, str]:
    return {os.fsdecode(p.path[len(seen.start) + 1 :]): p.reason for p in seen.broken}


def test_files_are_found_in_the_order_of_their_paths(documents):
    seen = walk(documents)
    assert files(seen) == [
        "apples.md",
        "bicycle.txt",
        "käse.txt",
        "law/contract.txt",
        "law/rent.md",
    ]
    found = {f.path: f for f in seen.files}[os.fsencode(documents / "apples.md")]
    state = (documents / "apples.md").stat()
    assert (found.size, found.mtime) == (state.st_size, state.st_mtime_ns)


def test_files_of_other_kinds_are_named(documents, helpers):
    helpers.write(documents / "photo.jpg", "x")
    os.mkfifo(documents / "pipe.txt")
    assert len(walk(documents).files) == 5
    assert sorted(p.rpartition(b"/")[2] for p in walk(documents).unsupported) == [
        b"photo.jpg",
        b"pipe.txt",
    ]


def test_hidden_files_dependencies_and_caches_are_left_out(documents, helpers):
    for name in (
        ".git/a.txt",
        ".hidden.txt",
        "node_modules/b.md",
        "__pycache__/c.txt",
        "draft.txt~",
    ):
        helpers.write(documents / name, "x")
    helpers.write(documents / "myenv" / "pyvenv.cfg", "home = /usr")
    helpers.write(documents / "myenv" / "lib" / "d.txt", "x")
    helpers.write(
        documents / "cache" / "CACHEDIR.TAG", "Signature: 8a477f597d28d172789f06886806bc55"
    )
    helpers.write(documents / "cache" / "e.txt", "x")
    seen = walk(documents)
    assert len(seen.files) == 5
    assert sorted(os.fsdecode(p.rpartition(b"/")[2]) for p in seen.ignored) == [
        ".git",
        ".hidden.txt",
        "__pycache__",
        "cache",
        "draft.txt~",
        "myenv",
        "node_modules",
    ]


def test_ignore_files_hold_for_their_folder_and_below(documents, helpers):
    helpers.write(documents / ".gitignore", "*.md\n!rent.md\n# a comment\n\n!\n")
    helpers.write(documents / "law" / ".ignore", "/contract.txt\n")
    helpers.write(documents / "law" / "old" / "contract.txt", "x")
    helpers.write(documents / "old" / "contract.txt", "x")
    assert files(walk(documents)) == [
        "bicycle.txt",
        "käse.txt",
        "law/old/contract.txt",
        "law/rent.md",
        "old/contract.txt",
    ]


def test_a_deeper_rule_goes_before_one_further_up(documents, helpers):
    helpers.write(documents / ".gitignore", "*.md\n")
    helpers.write(documents / "law" / ".gitignore", "!rent.md\n")
    assert "law/rent.md" in files(walk(documents))
    assert "apples.md" not in files(walk(documents))


def test_our_own_ignore_file_goes_before_the_others(documents, helpers):
    helpers.write(documents / ".gitignore", "*.txt\n")
    helpers.write(documents / ".crosstongueignore", "!bicycle.txt\nlaw/\n")
    assert files(walk(documents)) == ["apples.md", "bicycle.txt"]


def test_rules_that_were_given_go_before_all(documents, helpers):
    helpers.write(documents / ".gitignore", "*.md\n")
    helpers.write(documents / ".notes" / "idea.txt", "x")
    seen = walk(documents, "!*.md", "/law", "!.notes")
    assert files(seen) == [".notes/idea.txt", "apples.md", "bicycle.txt", "käse.txt"]


def test_a_given_rule_that_is_none_is_refused():
    with pytest.raises(CrosstongueError, match="'!' is not an ignore rule"):
        IgnoreRules.of_source(b"/x", ["!"])


def test_names_that_are_not_utf_8_are_found_and_matched(tmp_path):
    raw = os.fsencode(tmp_path)
    for name in (b"caf\xe9.txt", b"\xff\xfe.md", b"na\xefve.txt"):
        Path(os.fsdecode(raw + b"/" + name)).write_text("x")
    assert [f.path[len(raw) + 1 :] for f in walk(tmp_path, "na?ve.txt").files] == [
        b"caf\xe9.txt",
        b"\xff\xfe.md",
    ]


def test_a_link_to_a_file_of_the_folder_stands_for_that_file_once(documents, tmp_path, helpers):
    helpers.write(documents / ".kept" / "secret.txt", "x")
    helpers.write(tmp_path / "outside.txt", "x")
    (documents / "again.txt").symlink_to(documents / "bicycle.txt")
    (documents / "shown.txt").symlink_to(documents / ".kept" / "secret.txt")
    (documents / "outside.txt").symlink_to(tmp_path / "outside.txt")
    (documents / "folder").symlink_to(documents / "law")
    seen = walk(documents)
    assert ".kept/secret.txt" in files(seen)
    assert files(seen).count("bicycle.txt") == 1
    assert len(seen.files) == 6
    assert sorted(p.rpartition(b"/")[2] for p in seen.ignored) == [
        b".kept",
        b"folder",
        b"outside.txt",
    ]


def test_links_in_a_circle_and_into_nothing_are_recorded_and_not_followed(documents):
    (documents / "a").symlink_to(documents / "b")
    (documents / "b").symlink_to(documents / "a")
    (documents / "law" / "up").symlink_to(documents)
    (documents / "gone.txt").symlink_to(documents / "never.txt")
    (documents / "gone.bin").symlink_to(documents / "never.bin")
    seen = walk(documents)
    assert len(seen.files) == 5
    found = reasons(seen)
    assert sorted(found) == ["a", "b", "gone.txt", "law/up"]
    assert (
        "circle" in found["a"] and "above it" in found["law/up"] and "nowhere" in found["gone.txt"]
    )


def test_a_folder_walked_apart_is_left_to_its_own_walk(documents):
    assert files(walk(documents, apart=(documents / "law",))) == [
        "apples.md",
        "bicycle.txt",
        "käse.txt",
    ]


def test_a_very_deep_folder_is_walked(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    depth = 600
    for _ in range(depth):
        Path("d").mkdir()
        os.chdir("d")
    Path("deep.txt").write_text("x")
    monkeypatch.chdir("/")
    seen = walk(tmp_path)
    assert files(seen) == ["d/" * depth + "deep.txt"]


def test_a_folder_that_is_not_there_or_is_a_file_is_refused(documents):
    with pytest.raises(SourceError, match="does not exist"):
        walk(documents / "nothing")
    with pytest.raises(SourceError, match="is a file: give the folder that holds it"):
        walk(documents / "bicycle.txt")


def test_rules_at_a_folder_of_a_source_are_those_from_its_root(documents, helpers):
    helpers.write(documents / ".gitignore", "law/old\n*.md\n")
    helpers.write(documents / "law" / "old" / "x.txt", "x")
    root = paths.to_bytes(documents)
    assert rules_at(root, root + b"/law/old", ()) is None
    rules = rules_at(root, root + b"/law", ())
    assert rules is not None
    seen = scan(root + b"/law", rules)
    assert files(seen) == ["contract.txt"]


def test_paths_are_printable_whatever_their_bytes():
    assert paths.display(b"/a/caf\xe9.txt") == "/a/caf?.txt"
    assert paths.display("/a/käse.txt") == "/a/käse.txt"
    assert paths.display(b"/a/\x1b[2J\n.txt") == "/a/?[2J?.txt"
    assert paths.below(b"/a") == (b"/a/", b"/a0")
    assert paths.is_within(b"/a/b", b"/a") and not paths.is_within(b"/ab", b"/a")
    assert paths.is_within(b"/a", b"/")
