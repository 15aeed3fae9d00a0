import os
import signal
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import settings

# The same examples in every run; CROSSTONGUE_EXPLORE=1 looks for new ones.
settings.register_profile("repeatable", derandomize=True)
if not os.environ.get("CROSSTONGUE_EXPLORE"):
    settings.load_profile("repeatable")

# A shell that puts the tests into the background has them ignore Ctrl-C, and so would every process
# they start: those that are interrupted here must notice.
signal.signal(signal.SIGINT, signal.default_int_handler)

# Nothing in a test may ask a hub for a model.
os.environ["HF_HUB_OFFLINE"] = "1"

# Test processes side by side share the cores, or their threads wait for one another.
WORKERS = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
if WORKERS > 1:
    os.environ.setdefault("OMP_NUM_THREADS", str(max(1, (os.cpu_count() or 1) // WORKERS)))


# What takes each migration of an index back, by its number.
TAKEN_BACK = {
    9: ("DROP TABLE sentence_vectors", "DELETE FROM meta WHERE key LIKE 'sentences%'"),
    8: ("ALTER TABLE jobs DROP COLUMN phase",),
    7: ("ALTER TABLE sources DROP COLUMN watched",),
    6: ("DROP TABLE language_rules", "ALTER TABLE documents DROP COLUMN language_given"),
    5: (
        *(f"DROP TABLE {table}" for table in ("passage_entities", "entities", "heads")),
        "ALTER TABLE document_labels RENAME COLUMN score TO cosine",
    ),
    4: ("DROP TABLE document_labels", "DROP TABLE labels"),
    3: (
        *(f"DROP TABLE {table}" for table in ("centres", "centring_samples")),
        "DELETE FROM meta WHERE key LIKE 'centr%'",
    ),
    2: (
        "DROP TRIGGER passages_removed_terms",
        "DROP TABLE passages_fts",
        "DELETE FROM meta WHERE key LIKE 'segment%'",
    ),
}


@pytest.fixture(scope="session")
def make_older() -> Callable[[Path, int], None]:
    """Make the index in a folder one that a Crosstongue of an earlier schema wrote."""

    def made(folder: Path, version: int) -> None:
        with closing(sqlite3.connect(folder / "index.db")) as connection, connection:
            [newest] = connection.execute("PRAGMA user_version").fetchone()
            for number in range(newest, version, -1):
                for statement in TAKEN_BACK[number]:
                    connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {version}")

    return made


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, exitstatus: int, config: pytest.Config
) -> None:
    """Name the skips that make a run fail where none is allowed."""
    if os.environ.get("CROSSTONGUE_NO_SKIPS") and terminalreporter.stats.get("skipped"):
        terminalreporter.write_line("Skipped tests are failures here (CROSSTONGUE_NO_SKIPS).")


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Fail a run with skips where none is allowed."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    skipped = reporter is not None and reporter.stats.get("skipped")
    if os.environ.get("CROSSTONGUE_NO_SKIPS") and skipped and exitstatus == 0:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
