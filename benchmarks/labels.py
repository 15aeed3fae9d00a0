"""Labels in English for documents in twenty languages: the sample folder's subjects.

The threshold was chosen on every other subject; the rest give the figure. Beside the labels as they
are given, the label of the largest plain cosine.
"""

import tempfile
from pathlib import Path

from benchmarks.samples import sample_documents
from indexer import Index, Label, load_encoder, set_labels, sync
from indexer.resources import data_folder


def main() -> None:
    """Print the share of labels that are right and of those that are found."""
    samples = data_folder() / "samples"
    subject = {row["path"]: row["subject"] for row in sample_documents()}
    subjects = sorted(set(subject.values()))
    labels = [Label(_name(one)) for one in subjects]
    with (
        tempfile.TemporaryDirectory() as name,
        Index.create(Path(name) / "index", encoder=load_encoder()) as index,
    ):
        sync(index, samples)
        # With a threshold below everything each document has every label.
        set_labels(index, labels, most=len(labels), least=-1e9)
        clearest = {path: found[0] for path, found in _given(index, samples, "excess").items()}
        plain = {path: found[0] for path, found in _given(index, samples, "score").items()}
        set_labels(index, labels)
        given = _given(index, samples, "excess")
    for half, chosen in (("tuning", subjects[::2]), ("closing", subjects[1::2])):
        asked = [path for path in subject if subject[path] in chosen]
        first = sum(clearest[path] == _name(subject[path]) for path in asked) / len(asked)
        nearest = sum(plain[path] == _name(subject[path]) for path in asked) / len(asked)
        found = [(label, subject[path]) for path in asked for label in given.get(path, [])]
        right = sum(label == _name(true) for label, true in found)
        print(
            f"{half}: of {len(asked)} documents {100 * first:.1f} % have their subject of "
            f"{len(subjects)} as the clearest label ({100 * nearest:.1f} % by cosine alone); "
            f"of {len(found)} labels given {100 * right / max(1, len(found)):.1f} % are right, "
            f"and {100 * right / len(asked):.1f} % of the documents have theirs"
        )


def _name(subject: str) -> str:
    return subject.replace("-", " ")


def _given(index: Index, samples: Path, by: str) -> dict[str, list[str]]:
    """Return the labels of each document, those first that are largest in a column."""
    found: dict[str, list[str]] = {}
    for path, name in index.connection.execute(
        "SELECT path, name FROM document_labels JOIN labels ON labels.id = label "
        f"JOIN documents ON documents.id = document ORDER BY {by} DESC"
    ):
        relative = Path(path.decode()).relative_to(samples).as_posix()
        found.setdefault(relative, []).append(name)
    return found


if __name__ == "__main__":
    main()
