"""Texts to measure speed on: sentences of the sample folder, shuffled into as many as are asked."""

import random
from functools import cache
from pathlib import Path

from indexer import Index, load_encoder, sync
from indexer.passages import split
from indexer.readers.registry import read
from indexer.resources import data_folder
from indexer.sentences import sentences


@cache
def sample_sentences() -> tuple[str, ...]:
    """Return every sentence of the sample folder, about 1,500 in 20 languages."""
    found: list[str] = []
    for path in sorted((data_folder() / "samples").glob("*/*")):
        for passage in split(read(path)):
            found += [passage.text[start:end] for start, end in sentences(passage.text)]
    return tuple(found)


def passages(count: int, characters: int, seed: int = 1) -> list[str]:
    """Return texts of about so many characters, each of shuffled sentences of one run."""
    generator = random.Random(seed)
    pool = sample_sentences()
    texts = []
    for _ in range(count):
        parts: list[str] = []
        length = 0
        while length < characters:
            parts.append(generator.choice(pool))
            length += len(parts[-1]) + 1
        texts.append(" ".join(parts))
    return texts


def short_texts(count: int, characters: int = 31, seed: int = 1) -> list[str]:
    """Return texts of so many characters on average, cut from sentences at spaces."""
    generator = random.Random(seed)
    pool = sample_sentences()
    texts = []
    while len(texts) < count:
        sentence = generator.choice(pool)
        start = generator.randrange(max(1, len(sentence) - characters))
        texts.append(sentence[start : start + characters])
    return texts


def index_passages(place: Path, count: int, a_document: int) -> Path:
    """Index about so many passages of 400 characters, and return the index folder.

    :param place: an empty folder.
    :param a_document: how many of them a document has.
    """
    texts = passages(count, 400)
    for number in range(0, count, a_document):
        folder = place / "documents" / f"{number // 5_000:03}"
        folder.mkdir(parents=True, exist_ok=True)
        some = texts[number : number + a_document]
        sections = [f"## {at}\n\n{text}" for at, text in enumerate(some)]
        (folder / f"{number}.md").write_text("\n\n".join(sections), "utf-8")
    with Index.create(place / "index", encoder=load_encoder()) as index:
        sync(index, place / "documents")
    return place / "index"


def write_documents(folder: Path, count: int, characters: int) -> int:
    """Write Markdown documents with headings and paragraphs; return their characters in all."""
    total = 0
    for number, text in enumerate(passages(count, characters)):
        third = len(text) // 3
        body = f"# Document {number}\n\n{text[:third]}\n\n## More\n\n{text[third:]}\n"
        place = folder / f"{number // 500:03}"
        place.mkdir(parents=True, exist_ok=True)
        (place / f"{number}.md").write_text(body, "utf-8")
        total += len(body)
    return total
