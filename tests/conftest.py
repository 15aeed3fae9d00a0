import os
import signal

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
