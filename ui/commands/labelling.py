"""`label`: what the documents are about, by labels that a person names."""

from typing import TYPE_CHECKING, Annotated

import typer

from ui.locations import index_folder
from ui.options import IndexOption, JsonOption
from ui.output import count, isolated, safe, say, say_json
from ui.safe_text import shown_path

if TYPE_CHECKING:
    from indexer import Index
    from indexer.labelling import LabelCount


def label(
    labels: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="Label every document: one label a line, in any language, as `name` or `name: "
            "description`. Without it the labels of the index are listed.",
        ),
    ] = None,
    most: Annotated[
        int, typer.Option("--most", metavar="N", help="The most labels a document has.")
    ] = 3,
    threshold: Annotated[
        float,
        typer.Option(
            metavar="Z",
            help="From how many deviations above a label's median over all documents on a document "
            "has it.",
        ),
    ] = 2.5,
    head: Annotated[
        str | None,
        typer.Option(
            metavar="FOLDER",
            help="Let a head that `adapt` taught say what documents are about, or which names are "
            "in them.",
        ),
    ] = None,
    clear: Annotated[bool, typer.Option("--clear", help="Take all labels and names away.")] = False,
    index: IndexOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say what the documents are about, by labels of your own; nothing is trained.

    The labels stay with the index, new documents get theirs as they are indexed, and label:NAME in
    a query filters by them. So do those that --head gives; names it finds are entity:NAME.
    """
    from dataclasses import asdict

    from indexer import Index, facets
    from indexer.labelling import labels_of, read_labels, set_labels
    from ui.status_text import SHOWN_ENTITIES, entity_line, label_values

    if sum((clear, labels is not None, head is not None)) > 1:
        raise typer.BadParameter("give one of --labels, --head and --clear.")
    wanted = read_labels(labels) if labels is not None else []
    with Index.open(index_folder(index)) as opened:
        if clear:
            facets.clear(opened)
        elif wanted:
            set_labels(opened, wanted, most=most, least=threshold)
        elif head is not None:
            _ask(opened, head, quiet=as_json)
        found, names = labels_of(opened), facets.entities_of(opened)
    if as_json:
        labelled = [label_values(one) for one in found]
        say_json({"labels": labelled, "entities": [asdict(one) for one in names]})
        return
    for one in found:
        _draw(one)
    for name in names[:SHOWN_ENTITIES]:
        say(entity_line(name))
    if len(names) > SHOWN_ENTITIES:
        say(f"and {len(names) - SHOWN_ENTITIES:,} more names (--json lists all)")
    if not found and not names:
        say("No labels." if clear else "No labels yet; --labels FILE gives the documents some.")


def _ask(index: "Index", head: str, *, quiet: bool) -> None:
    from indexer import facets
    from indexer.progress import SyncProgress
    from ui.progress_bar import shown_progress

    if quiet:
        facets.set_head(index, head)
        return
    with shown_progress() as progress:
        facets.set_head(
            index,
            head,
            lambda done, total: progress(
                SyncProgress("labelling", files_done=done, files_total=total)
            ),
        )


def _draw(label: "LabelCount") -> None:
    threshold = "" if label.threshold is None else f", from a cosine of {label.threshold:.2f} on"
    say(f"{isolated(safe(label.name))}: {count(label.documents, 'document')}{threshold}")
    for path in label.nearest:
        say(f"   {shown_path(path)}")
