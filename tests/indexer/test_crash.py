"""Kills at random moments: what is left is whole, and the next run makes it complete.

A real child process is killed with SIGKILL, many times over, while it indexes or re-embeds.
"""

import random
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from indexer import sync
from indexer.index import Index

CHANCE = random.Random(7)
HERE = str(Path(__file__).parent)

# The child counts its own events and dies by a real SIGKILL a random time after one of them, at the
# latest a few events on: were it killed from outside, or by time alone, the speed of the machine
# would decide how far it got.
CHILD = """
import os, signal, sys, threading; sys.path.insert(0, sys.argv[3])
from conftest import NgramEncoder, Index
from indexer import sync, syncing, re_embedding
syncing.BATCH_DOCUMENTS, re_embedding._BATCH = 3, 3
left, delay = int(sys.argv[4]) or sys.maxsize, float(sys.argv[5])
def tell(event):
    global left
    left -= 1
    if left == 0:
        threading.Timer(delay, os.kill, (os.getpid(), signal.SIGKILL)).start()
    if left == -3:
        os.kill(os.getpid(), signal.SIGKILL)
index = Index.create(sys.argv[1], encoder=NgramEncoder())
{work}
index.close()
"""
SYNC = "sync(index, sys.argv[2], progress=tell, confirm_removals=True)"
RE_EMBED = "index.re_embed(NgramEncoder(revision='2'), progress=tell)"


def run(work: str, index: Path, documents: Path, events: int = 0, delay: float = 0.0) -> bool:
    """Do work in a child that is killed shortly after so many events; return whether it ended."""
    child = subprocess.run(
        [
            sys.executable,
            "-c",
            CHILD.format(work=work),
            *(str(index), str(documents), HERE, str(events), str(delay)),
        ],
        timeout=120,
        check=False,
    )
    assert child.returncode in (0, -signal.SIGKILL)
    return child.returncode == 0


def make_documents(folder: Path, helpers, count: int = 120) -> None:
    for number in range(count):
        words = " ".join(f"word{number * k % 97}" for k in range(1, 60))
        helpers.write(
            folder / f"{number % 7}" / f"{number:03}.txt", f"{number}. {words}.\n\nÜbrig."
        )


def assert_whole(folder: Path, encoder) -> None:
    """Every row has what it refers to, nothing is left over, and searches agree with the rows."""
    with Index.open(folder, encoder=encoder) as index:
        connection = index.connection
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        orphans = connection.execute(
            "SELECT count(*) FROM vectors WHERE key NOT IN (SELECT vector_key FROM passages)"
        ).fetchone()
        assert orphans == (0,)
        bare = connection.execute(
            "SELECT count(*) FROM documents WHERE state = 'indexed' "
            "AND id NOT IN (SELECT document FROM passages)"
        ).fetchone()
        assert bare == (0,)
        ids = {row[0] for row in connection.execute("SELECT id FROM passages")}
        found = index.vectors.search(encoder.encode(["word3 word5"]), len(ids) + 5)[0]
        assert {int(id_) for id_ in found[0] if id_ >= 0} == ids


def kills_until_finished(work: str, index: Path, documents: Path, check, latest: int = 24) -> int:
    """Kill a child at random moments until one finishes; return how many were killed.

    :param latest: the last moment, in signs of life; a short run is over before a late one.
    """
    for kills in range(100):
        if run(work, index, documents, CHANCE.randint(1, latest), CHANCE.uniform(0, 0.01)):
            return kills
        check()
    raise AssertionError("it never finished")


@pytest.mark.slow
def test_indexing_killed_at_random_moments_ends_as_if_it_never_had_been(tmp_path, encoder, helpers):
    documents, index = tmp_path / "documents", tmp_path / "index"
    make_documents(documents, helpers)
    with Index.create(tmp_path / "whole", encoder=encoder) as whole:
        sync(whole, documents)
        wanted = helpers.contents(whole)
    kills = kills_until_finished(SYNC, index, documents, lambda: assert_whole(index, encoder))
    assert kills >= 5
    assert_whole(index, encoder)
    with Index.open(index, encoder=encoder) as opened:
        assert helpers.contents(opened) == wanted
        assert {job[0] for job in opened.connection.execute("SELECT state FROM jobs")} == {
            "interrupted",
            "done",
        }

    # Now with every kind of change at once.
    for number in range(0, 40):
        next(documents.glob(f"*/{number:03}.txt")).unlink()
    for number in range(40, 60):
        helpers.write(next(documents.glob(f"*/{number:03}.txt")), f"Changed {number}.")
    shutil.move(documents / "5", documents / "five")
    make_documents(documents / "more", helpers, 50)
    with Index.open(tmp_path / "whole", encoder=encoder) as whole:
        sync(whole, documents)
        wanted = helpers.contents(whole)
    kills = kills_until_finished(SYNC, index, documents, lambda: assert_whole(index, encoder), 10)
    assert kills >= 2
    assert_whole(index, encoder)
    with Index.open(index, encoder=encoder) as opened:
        assert helpers.contents(opened) == wanted


@pytest.mark.slow
def test_re_embedding_killed_at_random_moments_is_all_or_nothing(tmp_path, encoder, helpers):
    documents, index = tmp_path / "documents", tmp_path / "index"
    make_documents(documents, helpers)
    other = helpers.Encoder(revision="2")
    with Index.create(index, encoder=encoder) as opened:
        sync(opened, documents)
        ids = [row[0] for row in opened.connection.execute("SELECT id FROM passages ORDER BY id")]
        old = opened.vectors_of(np.array(ids))
    with Index.create(tmp_path / "whole", encoder=other) as whole:
        sync(whole, documents)
        wanted = helpers.contents(whole)

    def check() -> None:
        with Index.open(index) as opened:
            swapped = opened.spec.fingerprint == other.spec.fingerprint
            if not swapped:
                np.testing.assert_array_equal(opened.vectors_of(np.array(ids)), old)
        assert_whole(index, other if swapped else encoder)

    for _ in range(4):
        assert not run(RE_EMBED, index, documents, CHANCE.randint(1, 5), CHANCE.uniform(0, 0.002))
        check()
    with Index.open(index, encoder=encoder) as opened:
        staged = opened.connection.execute("SELECT count(*) FROM staged_vectors").fetchone()[0]
        assert 0 < staged < len(ids)
    assert run(RE_EMBED, index, documents)
    assert_whole(index, other)
    with Index.open(index, encoder=other) as opened:
        assert helpers.contents(opened) == wanted
        assert [
            r[0] for r in opened.connection.execute("SELECT id FROM passages ORDER BY id")
        ] == ids
