"""What an evaluation is run on: a file of pairs or a folder of aligned files, cut to a size.

The layouts themselves are read by `indexer.parallel_text`; here is what an evaluation makes of
them, and what is said where nothing can be made.
"""

from pathlib import Path

from indexer.errors import SourceError
from indexer.parallel_text import ENGLISH, ParallelTexts, read_pairs, read_tatoeba
from indexer.text_files import PackedError

# As many as the largest of Tatoeba's test sets: accuracy depends on how many there are to choose
# from, so figures of larger sets could not be compared with published ones.
DEFAULT_LIMIT = 1_000


def read_parallel(path: Path, limit: int = DEFAULT_LIMIT) -> tuple[ParallelTexts, ...]:
    """Read parallel text, each language pair once, English second.

    :param path: a TSV file (language_a, language_b, text_a, text_b; plain or `.zst`), of which a
        pair is left out when either text stood in its language pair before, since copies cannot be
        told apart; or a folder of `tatoeba.<iso3>-eng.<iso3|eng>` files, taken as they are.
    :param limit: the most pairs of a language pair; more are thinned evenly.
    :raises SourceError: if there is nothing to read.
    """
    if not path.exists():
        raise SourceError(f"There is no {path}: name a file of pairs, or a folder of them.")
    try:
        found = _folder(path) if path.is_dir() else _file(path)
    except PackedError as error:
        raise SourceError(f"{path} {error}") from error
    except UnicodeDecodeError as error:
        raise SourceError(f"{path} is not UTF-8 text.") from error
    return tuple(_thinned(one, limit) for one in found)


def _folder(folder: Path) -> list[ParallelTexts]:
    try:
        sets = list(read_tatoeba(folder))
    except FileNotFoundError as error:
        raise SourceError(f"There is no {error.filename} beside the English of it.") from error
    if not sets:
        raise SourceError(f"{folder} holds no tatoeba.<language>-eng.eng file.")
    for one in sets:
        if len(one.first) != len(one.second) or not one.first:
            code, counts = one.languages[0], (len(one.first), len(one.second))
            raise SourceError(
                f"The files of {code} in {folder} have {counts[0]} and {counts[1]} lines; "
                "they must be each other's translation line by line."
            )
    return sets


def _file(path: Path) -> list[ParallelTexts]:
    by_languages: dict[tuple[str, str], list[tuple[str, str]]] = {}
    seen: dict[tuple[str, str], tuple[set[str], set[str]]] = {}
    try:
        for one, other, text, other_text in read_pairs(path):
            pair = (text, other_text)
            languages = (one, other)
            if one == ENGLISH or (other != ENGLISH and one > other):
                languages, pair = (other, one), (other_text, text)
            firsts, seconds = seen.setdefault(languages, (set(), set()))
            if one != other and pair[0] not in firsts and pair[1] not in seconds:
                by_languages.setdefault(languages, []).append(pair)
                firsts.add(pair[0])
                seconds.add(pair[1])
    except OSError as error:
        raise SourceError(f"{path} cannot be read ({error.strerror}).") from error
    if not by_languages:
        raise SourceError(
            f"{path} holds no pairs: each line is language_a, language_b, text_a and text_b with "
            "tabs between."
        )
    return [
        ParallelTexts(languages, *(tuple(side) for side in zip(*pairs, strict=True)))
        for languages, pairs in sorted(by_languages.items())
    ]


def _thinned(one: ParallelTexts, limit: int) -> ParallelTexts:
    size = len(one.first)
    if size <= limit:
        return one
    kept = [place * size // limit for place in range(limit)]
    first, second = (tuple(side[place] for place in kept) for side in (one.first, one.second))
    return ParallelTexts(one.languages, first, second)
