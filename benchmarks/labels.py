"""Labels in English for documents in twenty languages: the sample folder's subjects.

The threshold was chosen on every other subject; the rest give the figure. Beside the labels as they
are given, the label of the largest plain cosine.
"""

import csv
import tempfile
from pathlib import Path

import numpy as np

from benchmarks.samples import CHECKOUT_DATA
from indexer import Index, Label, load_encoder, set_labels, sync
from indexer.resources import data_folder


def main() -> None:
    """Print the share of labels that are right and of those that are found."""
    samples = data_folder() / "samples"
    with (CHECKOUT_DATA / "samples.tsv").open(encoding="utf-8", newline="") as file:
        subject = {row["path"]: row["subject"] for row in csv.DictReader(file, delimiter="\t")}
    subjects = sorted(set(subject.values()))
    encoder = load_encoder()
    with (
        tempfile.TemporaryDirectory() as name,
        Index.create(Path(name) / "index", encoder=encoder) as index,
    ):
        sync(index, samples)
        # With a threshold below everything each document has its clearest label.
        clearest = _given(index, samples, subjects, most=1, least=-1e9)
        given = _given(index, samples, subjects)
        texts = encoder.encode([_name(one) for one in subjects], kind="query")
        cosines = _document_vectors(index, samples) @ texts.T
        plain = dict(zip(_paths(index, samples), cosines.argmax(axis=1).tolist(), strict=True))
    for half, chosen in (("tuning", subjects[::2]), ("closing", subjects[1::2])):
        asked = [path for path in subject if subject[path] in chosen]
        first = sum(clearest[path] == [subject[path]] for path in asked) / len(asked)
        nearest = sum(subjects[plain[path]] == subject[path] for path in asked) / len(asked)
        labels = [(label, subject[path]) for path in asked for label in given.get(path, [])]
        right = sum(label == true for label, true in labels)
        print(
            f"{half}: of {len(asked)} documents {100 * first:.1f} % have their subject of "
            f"{len(subjects)} as the clearest label ({100 * nearest:.1f} % by cosine alone); "
            f"of {len(labels)} labels given {100 * right / max(1, len(labels)):.1f} % are right, "
            f"and {100 * right / len(asked):.1f} % of the documents have theirs"
        )


def _name(subject: str) -> str:
    return subject.replace("-", " ")


def _given(
    index: Index, samples: Path, subjects: list[str], **settings: float
) -> dict[str, list[str]]:
    """Label the documents; return each one's labels, as subjects."""
    set_labels(index, [Label(_name(one)) for one in subjects], **settings)  # type: ignore[arg-type]
    found: dict[str, list[str]] = {}
    for path, name in index.connection.execute(
        "SELECT path, name FROM document_labels JOIN labels ON labels.id = label "
        "JOIN documents ON documents.id = document ORDER BY excess DESC"
    ):
        found.setdefault(_relative(path, samples), []).append(name.replace(" ", "-"))
    return found


def _paths(index: Index, samples: Path) -> list[str]:
    rows = index.connection.execute("SELECT path FROM documents ORDER BY id")
    return [_relative(row[0], samples) for row in rows]


def _document_vectors(index: Index, samples: Path) -> np.ndarray:
    means = []
    for (document,) in index.connection.execute("SELECT id FROM documents ORDER BY id"):
        ids = index.connection.execute("SELECT id FROM passages WHERE document = ?", [document])
        mean = index.vectors_of(np.array([row[0] for row in ids], np.int64)).mean(axis=0)
        means.append(mean / np.linalg.norm(mean))
    return np.stack(means)


def _relative(path: bytes, samples: Path) -> str:
    return Path(path.decode()).relative_to(samples).as_posix()


if __name__ == "__main__":
    main()
