"""How much one file may cost, with the reason for each number.

Documents are untrusted: these limits bound the memory and time that one of them can take. A file
beyond a limit is refused, never cut short, and the limit is its recorded reason.
"""

from dataclasses import dataclass

MEGABYTE = 1_000_000


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one file may cost. A file beyond a limit is refused with that limit as its reason.

    :param max_file_bytes: size on disk. 200 MB holds every scanned book met so far; parsers of
        binary formats hold a few times the file in memory.
    :param max_text_file_bytes: size of a text format, unpacked. 80 MB is `max_text_characters` at
        UTF-8's four bytes each; parsers of markup hold ten times that in memory.
    :param max_text_characters: length of the text. 20 million characters are about ten thousand
        printed pages and some 50,000 passages: beyond that a file is a data set, not a document.
    :param max_pages: pages, slides or sheets. The longest printed manuals have about 5,000 pages.
    :param max_expansion_bytes: what an archive may unpack to. 500 MB is above what any office
        document of 200 MB needs, as its pictures are compressed already.
    :param max_expansion_ratio: unpacked size to packed size. Text packs to 1:3 to 1:10 and a
        repetitive sheet to 1:100; deflate's most hostile ratio is 1:1032.
    :param min_expansion_bytes: below this much unpacked data the ratio is not looked at, because
        a small file of repeated lines is harmless whatever its ratio.
    :param max_archive_members: files in an archive. Large books and decks have a few thousand.
    """

    max_file_bytes: int = 200 * MEGABYTE
    max_text_file_bytes: int = 80 * MEGABYTE
    max_text_characters: int = 20_000_000
    max_pages: int = 5_000
    max_expansion_bytes: int = 500 * MEGABYTE
    max_expansion_ratio: int = 200
    min_expansion_bytes: int = 16 * MEGABYTE
    max_archive_members: int = 20_000


DEFAULT_LIMITS = Limits()


def megabytes(size: int) -> str:
    """Return a size as a person reads it, such as "200 MB"."""
    return f"{size / MEGABYTE:.3g} MB" if size < 1000 * MEGABYTE else f"{size // MEGABYTE} MB"
