"""`index`, `status` and `forget`: folders into the index, what is in it, and out of it again."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from ui.encoder_choice import (
    EncoderChoice,
    EncoderOption,
    LayerOption,
    PoolingOption,
    layer_numbers,
)
from ui.failures import INTERRUPTED
from ui.locations import index_folder, make_private
from ui.options import IndexOption, JsonOption
from ui.output import count, say, say_aside, say_json
from ui.safe_text import shown_path

if TYPE_CHECKING:
    from indexer import Index, SyncReport

Folders = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="FOLDER",
        help="Folders of documents; without any, those already in the index are brought up to "
        "date.",
        show_default=False,
    ),
]

Codes = Literal["float16", "int8", "binary"]


def index(
    folders: Folders = None,
    index: IndexOption = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print what would be done and do nothing.")
    ] = False,
    verify: Annotated[
        bool,
        typer.Option(
            "--verify", help="Read every file again instead of trusting its size and date."
        ),
    ] = False,
    retry: Annotated[
        bool,
        typer.Option("--retry", help="Read files again that could not be read, changed or not."),
    ] = False,
    confirm_removals: Annotated[
        bool,
        typer.Option(
            "--confirm-removals", help="Go on even if over half of a folder's documents are gone."
        ),
    ] = False,
    ignore: Annotated[
        list[str] | None,
        typer.Option(
            metavar="PATTERN",
            help="Leave out what matches, in the manner of .gitignore; may be repeated, and is "
            "remembered with the folder.",
        ),
    ] = None,
    re_embed: Annotated[
        bool,
        typer.Option(
            "--re-embed",
            help="Embed every passage again, from the stored text, with the present encoder or "
            "the one of --encoder.",
        ),
    ] = False,
    encoder: EncoderOption = None,
    pooling: PoolingOption = None,
    layer: LayerOption = None,
    centring: Annotated[
        bool | None,
        typer.Option(
            "--centring/--no-centring",
            help="Take off what each language adds to vectors, or not; nothing is embedded again. "
            "Usual for masked-language models.",
        ),
    ] = None,
    codes: Annotated[
        Codes | None,
        typer.Option(
            "--codes",
            help="How FAISS holds vectors: float16, as they are stored, or int8 or binary, in half "
            "or a tenth of the memory, comparing what they find again by the stored vectors. "
            "Remembered; nothing is embedded again.",
            show_default=False,
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Bring the index up to date with folders of documents."""
    from indexer import sync

    where = index_folder(index)
    choice = EncoderChoice(encoder, pooling, layer_numbers(layer))
    if re_embed:
        _re_embed(where, choice, dry_run)
    if re_embed and not folders and centring is None and codes is None:
        return
    # A dry run has not embedded again, so the index may still be another encoder's.
    unless = EncoderChoice() if re_embed else choice
    with opened_for(folders, where, unless, dry_run) as opened, _kept_on_interruption():
        from ui.progress_bar import shown_progress

        if centring is not None and not dry_run:
            opened.set_centring(centring)
        if codes is not None and not dry_run:
            opened.set_codes(codes)
        with shown_progress() as progress:
            report = sync(
                opened,
                folders or None,
                progress=progress,
                dry_run=dry_run,
                verify=verify,
                retry=retry,
                confirm_removals=confirm_removals,
                ignore=ignore or (),
            )
    _tell(report, as_json)


def status(index: IndexOption = None, as_json: JsonOption = False) -> None:
    """Show what is in the index.

    The folders, the languages, the last job and the files that could not be read.
    """
    from indexer import Index
    from ui.status_text import lines, values

    with Index.open(index_folder(index)) as opened:
        counted = opened.status()
    if as_json:
        say_json(values(counted))
        return
    for line in lines(counted):
        say(line)


def forget(
    folder: Annotated[str, typer.Argument(metavar="FOLDER", help="A folder as it was indexed.")],
    index: IndexOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take a folder out of the index.

    The folder itself is left alone.
    """
    from indexer import Index
    from indexer.paths import display

    with Index.open(index_folder(index)) as opened:
        removed = opened.forget(folder)
    if as_json:
        say_json({"folder": display(folder), "documents": removed})
    else:
        say(f"Forgot {shown_path(folder)}: {count(removed, 'document')} removed from the index.")


@contextmanager
def opened_for(
    folders: list[str] | None, where: Path, choice: EncoderChoice, dry_run: bool
) -> Iterator["Index"]:
    """Open the index to write to, or make it; a dry run makes none that would stay."""
    import tempfile

    from indexer import Index
    from indexer.errors import IndexNotFoundError
    from indexer.paths import to_bytes
    from indexer.scan import check_folder

    try:
        opened = _opened(where, choice)
    except IndexNotFoundError:
        if not folders:
            raise
        for folder in folders:  # a misspelt name makes no index
            check_folder(to_bytes(folder))
        encoder = choice.load()
        with tempfile.TemporaryDirectory() as scratch:
            if dry_run:
                where = Path(scratch) / "index"
            else:
                make_private(where.parent)
            opened = Index.create(where, encoder=encoder)
            with opened:
                yield opened
        return
    with opened:
        yield opened


def _opened(where: Path, choice: EncoderChoice) -> "Index":
    """Open the index there is; with an encoder that was asked for, only if it is the one it has."""
    from indexer import Index

    opened = Index.open(where)
    if not choice:
        return opened
    with opened:
        encoder = choice.load(opened.spec)
    return Index.open(where, encoder=encoder)


def _re_embed(where: Path, choice: EncoderChoice, dry_run: bool) -> None:
    from indexer import Index
    from ui.progress_bar import shown_progress

    with Index.open(where) as opened, _kept_on_interruption():
        encoder = choice.load(opened.spec)
        passages = opened.status().passages
        if dry_run:
            say(f"Would embed {count(passages, 'passage')} with {encoder.spec.name}.")
            return
        with shown_progress() as progress:
            opened.re_embed(encoder, progress=progress)
    say_aside(f"Embedded {count(passages, 'passage')} with {encoder.spec.name}.")


@contextmanager
def _kept_on_interruption() -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        say_aside("Stopped; what is indexed is kept, and the same command goes on from there.")
        raise typer.Exit(INTERRUPTED) from None


def _tell(report: "SyncReport", as_json: bool) -> None:
    from ui.report_text import lines, values

    if as_json:
        say_json(values(report))
        return
    for line in lines(report):
        say(line)
