"""`ui` and `demo`: the page in a browser, over one's own index or over the samples."""

import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from indexer.paths import to_bytes
from ui.locations import PASSWORD_VARIABLE, demo_index_folder, index_folder, make_private
from ui.options import IndexOption, JsonOption, PortOption
from ui.output import count, say, say_aside, say_json
from ui.page_examples import EXAMPLES

if TYPE_CHECKING:
    from indexer import Index
    from ui.launch import Page

HostOption = Annotated[
    str,
    typer.Option(
        metavar="ADDRESS",
        help="The address to serve on. On any but this machine's own, visitors are asked for a "
        "password.",
    ),
]
PasswordOption = Annotated[
    str | None,
    typer.Option(
        metavar="FILE",
        help="A file with the password as its first line; otherwise that of CROSSTONGUE_PASSWORD, "
        "or it is asked for.",
    ),
]
OpenOption = Annotated[
    bool, typer.Option("--open/--no-open", help="Open the page in a browser, where there is one.")
]


def ui(
    index: IndexOption = None,
    port: PortOption = None,
    host: HostOption = "127.0.0.1",
    password_file: PasswordOption = None,
    open_page: OpenOption = True,
    as_json: JsonOption = False,
) -> None:
    """Open the page for searching in a browser.

    It is served until Ctrl-C, on this machine alone or, with --host, to those who know a password.
    """
    from ui import launch

    place = launch.checked_place(host, _password(password_file, host))
    if place.open_to_others:
        say_aside(
            f"On {place.host} the page asks for the password, and what it shows travels "
            "unencrypted: beyond a network you trust, put it behind a proxy with TLS."
        )
    launch.serve(index_folder(index), port, _announcer(open_page, as_json), place)


def demo(
    port: PortOption = None,
    open_page: OpenOption = True,
    check: Annotated[
        bool,
        typer.Option(
            "--check", help="End as soon as the page answers; for tests of the installation."
        ),
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Try Crosstongue on the documents that ship with it.

    They get an index of their own, which the next call uses again.
    """
    from ui import launch

    folder = demo_index_folder()
    _index_samples(folder)
    if check:
        with launch.running_page(folder, port) as page:
            _announcer(open_page=False, as_json=as_json)(page)
        return
    say_aside(f"Ask in your own language, for example “{EXAMPLES[0]}”. Ctrl-C ends the page.")
    launch.serve(folder, port, _announcer(open_page, as_json))


def _password(file: str | None, host: str) -> str | None:
    """Return the password: from a file, the environment, or the person at the terminal."""
    from ui.launch import LOOPBACK_NAMES

    if file is not None:
        lines = Path(file).read_text("utf-8-sig").splitlines()
        return lines[0] if lines else ""
    known = os.environ.get(PASSWORD_VARIABLE)
    if known is None and host not in LOOPBACK_NAMES and sys.stdin.isatty():
        return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True))
    return known


def _announcer(open_page: bool, as_json: bool) -> Callable[["Page"], None]:
    """Return what prints where the page is, and opens it if asked for and possible."""

    def announce(page: "Page") -> None:
        if as_json:
            say_json({"address": page.address})
        else:
            say(f"Crosstongue is at {page.address}")
        if open_page:
            from ui.launch import open_browser

            open_browser(page.address)

    return announce


def _index_samples(folder: Path) -> None:
    """Bring the demo's own index up to date with the samples that ship."""
    from indexer import sync
    from indexer.resources import data_folder
    from ui.progress_bar import shown_progress

    samples = data_folder() / "samples"
    with _demo_index(folder) as opened, shown_progress() as progress:
        report = sync(opened, samples, progress=progress)
        for source in opened.sources():  # where an installation that is gone had its samples
            if source.root != to_bytes(samples):
                opened.forget(source.root)
        documents = opened.status().documents
    if report.added or report.changed:
        say_aside(f"Indexed {count(documents, 'sample document')}.")


def _demo_index(folder: Path) -> "Index":
    """Open the demo's index; one that this version cannot use is made anew, being ours alone."""
    from indexer import Index, load_encoder
    from indexer.errors import EncoderMismatchError, SchemaTooNewError

    make_private(folder.parent)
    try:
        return Index.create(folder, encoder=load_encoder())
    except (EncoderMismatchError, SchemaTooNewError):
        shutil.rmtree(folder)
        return Index.create(folder, encoder=load_encoder())
