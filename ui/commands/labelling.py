"""`label`: what the documents are about, by labels that a person names."""

from typing import TYPE_CHECKING, Annotated

import typer

from ui.locations import index_folder
from ui.options import IndexOption, JsonOption
from ui.output import count, isolated, safe, say, say_json
from ui.safe_text import shown_path

if TYPE_CHECKING:
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
    clear: Annotated[bool, typer.Option("--clear", help="Take all labels away.")] = False,
    index: IndexOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say what the documents are about, by labels of your own; nothing is trained.

    The labels stay with the index, new documents get theirs as they are indexed, and label:NAME in
    a query filters by them.
    """
    from indexer import Index
    from indexer.labelling import labels_of, read_labels, set_labels

    if clear and labels is not None:
        raise typer.BadParameter("give --labels or --clear, not both.")
    wanted = read_labels(labels) if labels is not None else []
    with Index.open(index_folder(index)) as opened:
        if clear or wanted:
            found = set_labels(opened, wanted, most=most, least=threshold)
        else:
            found = labels_of(opened)
    if as_json:
        from ui.status_text import label_values

        say_json({"labels": [label_values(one) for one in found]})
        return
    for one in found:
        _draw(one)
    if not found:
        say("No labels." if clear else "No labels yet; --labels FILE gives the documents some.")


def _draw(label: "LabelCount") -> None:
    threshold = "" if label.threshold is None else f", from a cosine of {label.threshold:.2f} on"
    say(f"{isolated(safe(label.name))}: {count(label.documents, 'document')}{threshold}")
    for path in label.nearest:
        say(f"   {shown_path(path)}")
