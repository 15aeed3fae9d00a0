"""Starts the page: Streamlit in a process of its own, on this machine's own address.

On another address it is served only to those who know a password (`guard`).

Every setting that would reach the network, ask a question or open the page to another site stands
on the command line of that process, where it wins over any configuration file or variable of the
person's. What the page shows is `app.py`'s business.
"""

import fcntl
import http.client
import os
import signal
import socket
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from indexer.errors import CrosstongueError
from ui.locations import INDEX_VARIABLE, PASSWORD_VARIABLE
from ui.threads import few_threads

LOOPBACK = "127.0.0.1"
# Names of this machine itself; anything else shows documents to a network, so it takes a password.
LOOPBACK_NAMES = ("127.0.0.1", "localhost")
DEFAULT_PORT = 8501
# Whoever reaches the page may guess as often as `guard` lets them.
SHORTEST_PASSWORD = 8
# How many ports after the default are tried before any free one is taken.
NEIGHBOURS = 20
# Streamlit answers after 2 seconds here; a laden or slow machine gets the benefit of the doubt.
START_SECONDS = 90.0
STOP_SECONDS = 5.0
_POLL_SECONDS = 0.05
_PACKAGES = Path(__file__).resolve().parent.parent

_SETTINGS = {
    "server.headless": "true",  # opens no browser and asks for no e-mail address
    "server.showEmailPrompt": "false",
    "browser.gatherUsageStats": "false",
    "server.fileWatcherType": "none",
    "server.enableXsrfProtection": "true",
    "server.enableCORS": "true",
    "server.enableAgentApi": "false",
    "server.enableStaticServing": "false",
    "client.toolbarMode": "minimal",
    "client.showErrorDetails": "none",
    "client.showErrorLinks": "false",
    "logger.hideWelcomeMessage": "true",
    "logger.level": "warning",
    "global.developmentMode": "false",
}


class PageError(CrosstongueError):
    """The page could not be started."""


@dataclass(frozen=True, slots=True)
class Page:
    """A page that answers.

    :param address: what to type into a browser.
    :param process: the process that serves it.
    """

    address: str
    process: "subprocess.Popen[bytes]"


@dataclass(frozen=True, slots=True)
class Place:
    """Where the page is served, and to whom.

    :param host: the address to listen on.
    :param password: what visitors are asked for; None asks for nothing.
    """

    host: str = LOOPBACK
    password: str | None = None

    @property
    def open_to_others(self) -> bool:
        """Whether other machines may reach it."""
        return self.host not in LOOPBACK_NAMES

    @property
    def reachable(self) -> str:
        """An address of this machine under which it answers."""
        return {"0.0.0.0": LOOPBACK, "::": "::1", "localhost": LOOPBACK}.get(self.host, self.host)


def checked_place(host: str, password: str | None) -> Place:
    """Return where to listen.

    :param password: from the person; not asked for on this machine's own address unless given.
    :raises PageError: if `host` is no address of this machine, or needs a password and has none.
    """
    if host not in LOOPBACK_NAMES:
        try:
            with socket.socket(_family(host)) as probe:
                probe.bind((host, 0))
        except (OSError, UnicodeError):
            raise PageError(
                f"{host} is not an address of this machine; 0.0.0.0 serves on all it has."
            ) from None
        if not password:
            raise PageError(
                f"On {host} other machines can reach what is indexed, so the page needs a "
                f"password: set {PASSWORD_VARIABLE}, or give --password-file FILE."
            )
    if password is not None and len(password) < SHORTEST_PASSWORD:
        raise PageError(f"The password is too short; take at least {SHORTEST_PASSWORD} characters.")
    return Place(host, password)


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET


@contextmanager
def reserved_port(port: int | None, host: str = LOOPBACK) -> Iterator[int]:
    """Choose a port and keep other pages off it while the context lasts.

    A free port stays free until Streamlit listens on it, which takes seconds; a second page started
    in that time must not choose it too, nor take the first one's answer for its own.

    :param port: the port asked for; None takes the default or a free one near it.
    :raises PageError: if the port asked for is taken or not ours to use.
    """
    near = range(DEFAULT_PORT, DEFAULT_PORT + NEIGHBOURS)
    for candidate in (*near, _any_port(host)) if port is None else (port,):
        lock = _lock(candidate)
        if lock is None:
            continue
        try:
            if _is_free(candidate, host):
                yield candidate
                return
        finally:
            os.close(lock)
    raise PageError(f"Port {port or DEFAULT_PORT} is taken or reserved; choose one with --port.")


@contextmanager
def running_page(index: Path, port: int | None, place: Place | None = None) -> Iterator[Page]:
    """Serve the page of an index while the context lasts.

    :param index: the index folder; it need not exist yet.
    :param port: the port to serve on; None takes the default or a free one near it.
    :param place: where; None is this machine's own address.
    :raises PageError: if the port is taken or the page does not answer.
    """
    place = place or Place()
    with (
        reserved_port(port, place.host) as reserved,
        _process(index, reserved, place) as process,
    ):
        _wait_until_it_answers(process, place.reachable, reserved)
        host = f"[{place.reachable}]" if ":" in place.reachable else place.reachable
        yield Page(f"http://{host}:{reserved}", process)


@contextmanager
def _process(index: Path, port: int, place: Place) -> "Iterator[subprocess.Popen[bytes]]":
    process = subprocess.Popen(
        _command(port, place),
        env=_environment(index, place),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        # Ctrl-C reaches every process of the terminal's group; this one is ended by its parent.
        start_new_session=True,
    )
    try:
        yield process
    finally:
        _stop(process)


def serve(
    index: Path, port: int | None, ready: Callable[[Page], None], place: Place | None = None
) -> None:
    """Serve the page until Ctrl-C, a request to end, or the end of the process that serves it.

    :param ready: called once, when the page answers.
    :param place: where; None is this machine's own address.
    :raises PageError: if the port is taken, or the page does not answer or ends by itself.
    """
    with _ended_by_signals():
        try:
            with running_page(index, port, place) as page:
                ready(page)
                status = page.process.wait()
        except KeyboardInterrupt:
            return
    raise PageError(f"The page ended by itself (exit status {status}).")


def open_browser(address: str) -> bool:
    """Open the address in a browser if there is a screen to show it on; return whether."""
    screen = os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    if sys.platform.startswith("linux") and not screen:
        return False
    import webbrowser

    return webbrowser.open(address)


def _command(port: int, place: Place) -> list[str]:
    address = place.host if place.open_to_others else LOOPBACK
    settings = {**_SETTINGS, "server.address": address, "server.port": str(port)}
    return [
        *(sys.executable, "-m", "streamlit", "run", str(Path(__file__).with_name("served.py"))),
        *(f"--{name}={value}" for name, value in settings.items()),
        # Another site that makes its own name lead here (DNS rebinding) is refused; elsewhere the
        # page goes by names that only its visitors know, and the password keeps others out.
        *(
            f"--server.allowedHosts={name}"
            for name in (() if place.open_to_others else LOOPBACK_NAMES)
        ),
    ]


def _environment(index: Path, place: Place) -> dict[str, str]:
    environment = {**os.environ, INDEX_VARIABLE: str(index)}
    few_threads(environment)
    environment.pop(PASSWORD_VARIABLE, None)
    if place.password is not None:
        environment[PASSWORD_VARIABLE] = place.password
    if str(_PACKAGES) not in (sysconfig.get_path("purelib"), sysconfig.get_path("platlib")):
        # A checkout that is not installed: Streamlit puts only the folder of app.py on the path.
        known = environment.get("PYTHONPATH")
        environment["PYTHONPATH"] = os.pathsep.join([str(_PACKAGES), *([known] if known else [])])
    return environment


def _any_port(host: str) -> int:
    with socket.socket(_family(host)) as any_port:
        any_port.bind((host, 0))
        return int(any_port.getsockname()[1])


def _lock(port: int) -> int | None:
    """Take this user's lock on a port, which ends with the process; None if another has it."""
    path = Path(tempfile.gettempdir()) / f"crosstongue-{os.getuid()}-{port}.lock"
    lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        return None
    return lock


def _is_free(port: int, host: str) -> bool:
    with socket.socket(_family(host)) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
        return True


def _wait_until_it_answers(process: "subprocess.Popen[bytes]", host: str, port: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise PageError(
                f"The page did not start (exit status {process.returncode}); "
                "`crosstongue doctor` looks for the reason."
            )
        if _answers(host, port):
            return
        time.sleep(_POLL_SECONDS)
    raise PageError(f"The page did not answer within {START_SECONDS:.0f} seconds.")


def _answers(host: str, port: int) -> bool:
    connection = http.client.HTTPConnection(host, port, timeout=1)
    try:
        connection.request("GET", "/_stcore/health")
        # Asking for the password is an answer too.
        return connection.getresponse().status in (http.HTTPStatus.OK, http.HTTPStatus.UNAUTHORIZED)
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _stop(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@contextmanager
def _ended_by_signals() -> Iterator[None]:
    """Let a request to end (SIGTERM) or a closed terminal (SIGHUP) end the page as Ctrl-C does."""

    def end(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    previous = {number: signal.signal(number, end) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
