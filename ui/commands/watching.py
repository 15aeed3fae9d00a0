"""`watch`: folders brought up to date whenever something in them changes."""

from typing import TYPE_CHECKING

from ui.commands.indexing import Folders, opened_for
from ui.encoder_choice import EncoderChoice
from ui.failures import sentence
from ui.locations import index_folder
from ui.options import IndexOption, JsonOption
from ui.output import count, say, say_aside, say_json

if TYPE_CHECKING:
    from indexer import Index

# How long a change of the index's own folders, or a writer that is at work, may go unnoticed.
_SECONDS = 5.0


def watch(folders: Folders = None, index: IndexOption = None, as_json: JsonOption = False) -> None:
    """Bring folders up to date now and whenever something in them changes, until Ctrl-C."""
    where = index_folder(index)
    with opened_for(folders, where, EncoderChoice(), dry_run=False) as opened:
        try:
            _watch(opened, folders, as_json)
        except KeyboardInterrupt:
            say_aside("Not watched any more; what is indexed is kept.")


def _watch(index: "Index", folders: list[str] | None, as_json: bool) -> None:
    from indexer.paths import to_bytes
    from indexer.watching import Watcher

    named = {to_bytes(folder) for folder in folders or ()}
    with Watcher(to_bytes(index.folder)) as watcher:
        told: set[str] = set()
        due = named or {source.root for source in index.sources()}
        # Watched before the first update, so that nothing falls between the two.
        watcher.watch(due)
        _update(index, due, as_json, always=True)
        due = set()
        say_aside(f"Watching {count(len(named or index.sources()), 'folder')}; Ctrl-C ends it.")
        while True:
            watched = named or {source.root for source in index.sources()}
            refused = set(watcher.watch(watched).values())
            for reason in refused - told:
                say_aside(reason)
            told = refused
            due = watched & (due | watcher.changed(_SECONDS))
            if due and _updated(index, due, as_json):
                due = set()


def _updated(index: "Index", roots: set[bytes], as_json: bool) -> bool:
    """Bring folders up to date; return False where somebody else is writing, to try again later."""
    from indexer.errors import CrosstongueError, IndexBusyError

    try:
        _update(index, roots, as_json)
    except IndexBusyError:
        return False
    except CrosstongueError as error:
        say_aside(f"Error: {sentence(error)}")
    return True


def _update(index: "Index", roots: set[bytes], as_json: bool, *, always: bool = False) -> None:
    from indexer import sync
    from ui.report_text import lines, values

    report = sync(index, sorted(roots) or None)
    done = (report.added, report.changed, report.moved, report.removed, report.failed)
    if not (always or any(done)):
        return
    if as_json:
        say_json(values(report), one_line=True)
        return
    for line in lines(report):
        say(line)
