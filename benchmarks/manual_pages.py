"""Manual pages in English, each asked for by what other languages say it is about.

`python -m benchmarks.manual_pages FOLDER` makes a short Markdown page of each English manual page
in FOLDER (title, description, the first paragraphs) and asks for it with the one-line description
of its translation, in some 25 languages; `--fetch` first puts the manual pages there (from Debian's
archive, which needs apt-get and dpkg-deb). The first 1,500 of the shuffled questions may be looked
at (`search.best_sentences` was chosen on them); the others only ever give the figure.
"""

import argparse
import gzip
import random
import re
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from benchmarks.real_documents import fetch
from benchmarks.samples import share_within
from indexer import Index, load_encoder, sync
from indexer.encoders.catalog import DEFAULT_ENCODER
from search import Searcher, best_sentences

TUNING = 1_500
DEPTH = 3

# Those in English come with the programs, the translations in packages of their own.
LANGUAGES = (
    "cs da de el es fi fr hu id it ja mk nb nl pl pt-br ro ru sr sv tr uk vi zh"
).split()  # fmt: skip
PACKAGES = (
    "manpages",
    *(f"manpages-{language}" for language in LANGUAGES),
    *(
        "acl adduser apt aspell at attr bash bc bind9-dnsutils binutils bsdextrautils bzip2 "
        "coreutils cpio cron cups-client curl cvs dash dc diffutils dosfstools dpkg e2fsprogs "
        "ed fdisk ffmpeg file findutils finger gawk gdb git-man grep groff groff-base gzip "
        "hdparm htop imagemagick inetutils-ftp iproute2 iputils-ping less login lsof lvm2 "
        "make man-db mdadm mtools mutt nano net-tools nmap ntfs-3g openssh-client parted "
        "passwd patch procmail procps psmisc quota rcs rsync screen sed smartmontools strace "
        "subversion sudo sysstat systemd tar tcpdump telnet texinfo tmux traceroute unzip "
        "util-linux vim vim-common wget whois wireless-tools xz-utils zip"
    ).split(),
)

_SECTIONS = "man[15678]/*"
_OTHER_PARTS = re.compile("SYNOPSIS|SEE ALSO|AUTHOR|COPYRIGHT|BUGS|NOTES")
_LONGEST_PART, _LONGEST_PAGE = 600, 700
_NAME_AND_MORE = re.compile(r"(.*?)\s(?:-{1,3}|–|—)\s+(.*)")
_NO_TEXT = re.compile(r"\.(\\|PP|P\b|ad|hy|ie|el|if|nh|br|sp|TP)")
_REQUEST = re.compile(
    r"^\.(B|I|BR|BI|IR|RB|RI|IB|SM|SB|Nm|Nd|Fl|Ar|Cm|Pa|Xr|Em|Sy|Dq|Ql) ?"
)  # those whose arguments are text
_ESCAPES = (
    (re.compile(r"\\f(\[[^\]]*\]|.)|\\\*\(..|\\\*\[[^\]]*\]|\\s[-+]?\d"), ""),
    (re.compile(r"\\-|\\\(en|\\\(em"), "-"),
    (re.compile(r"\\\(aq"), "'"),
    (re.compile(r"\\\(dq"), '"'),
    (re.compile(r"\\e"), r"\\"),
    (re.compile(r"\\[&|:]|\\\(..|\\\[[^\]]*\]"), ""),
    (re.compile(r"\\[ ~]"), " "),
)


class Question(NamedTuple):
    """What a language says a page is about, and the page's file name."""

    language: str
    page: str
    text: str


def pages_and_questions(folder: Path) -> tuple[dict[str, str], list[Question]]:
    """Return each English page as Markdown, by its file name, and the questions, shuffled."""
    manuals = folder / "usr" / "share" / "man"
    pages: dict[str, str] = {}
    described: dict[str, str] = {}
    for path in sorted(manuals.glob(_SECTIONS)):
        parts = _parts(path)
        about = _about(parts)
        if len(about) < 8:
            continue
        name = path.name.removesuffix(".gz")
        described[name] = about
        pages[name] = f"# {name.rsplit('.', 1)[0]}\n\n> {about}.\n\n{_body(parts)}\n"
    questions = [
        Question(place.name, name, about)
        for place in sorted(manuals.iterdir())
        if not place.name.startswith("man")
        for path in sorted(place.glob(_SECTIONS))
        if (name := path.name.removesuffix(".gz")) in pages
        if len(about := _about(_parts(path), bsd=False)) >= 6 and about != described[name]
    ]
    random.Random(1).shuffle(questions)
    return pages, questions


def _parts(path: Path) -> list[tuple[str, list[str]]]:
    """Return the headings of a page with the lines below each; none if it is in no UTF-8."""
    try:
        raw = path.read_bytes()
        text = (gzip.decompress(raw) if path.suffix == ".gz" else raw).decode("utf-8")
    except (OSError, EOFError, UnicodeDecodeError):
        return []
    found: dict[str, list[str]] = {}
    lines: list[str] = []
    for line in text.split("\n"):
        if line.startswith(('.\\"', "'\\\"")):
            continue
        if heading := re.match(r"\.S[Hh]\s+(.*)", line):
            lines = found.setdefault(_plain(heading[1].strip('" ')), [])
        else:
            lines.append(line)
    return list(found.items())


def _about(parts: list[tuple[str, list[str]]], bsd: bool = True) -> str:
    """Return what stands behind the name in the first part, "" where nothing does."""
    if not parts:
        return ""
    lines = parts[0][1]
    for line in lines:
        if bsd and line.startswith(".Nd"):
            return _plain(line[3:])
    text = " ".join(_plain(line) for line in lines if not _NO_TEXT.match(line))
    found = _NAME_AND_MORE.match(text)
    return found[2].strip() if found else ""


def _body(parts: list[tuple[str, list[str]]]) -> str:
    body: list[str] = []
    for heading, lines in parts[1:]:
        if _OTHER_PARTS.search(heading):
            continue
        text = " ".join(
            _plain(line)
            for line in lines
            if not line.startswith((".", "'")) or line.startswith((".B", ".I", ".R"))
        )
        body.append(text[:_LONGEST_PART])
        if sum(map(len, body)) > _LONGEST_PAGE:
            break
    return "\n\n".join(f"- {text}" for text in body if text)[:_LONGEST_PAGE]


def _plain(line: str) -> str:
    for pattern, what in _ESCAPES:
        line = pattern.sub(what, line)
    line = _REQUEST.sub("", line)
    return " ".join((line.replace('"', "") if line.startswith('"') else line).split())


def ranks(searcher: Searcher, questions: list[Question]) -> list[int]:
    """Return the rank of each question's page among the first ten, 0 where it is not there."""
    found = []
    for question in questions:
        names = [hit.path.name.removesuffix(".md") for hit in searcher.search(question.text)]
        found.append(names.index(question.page) + 1 if question.page in names else 0)
    return found


def main() -> None:
    """Print the figures, with and without what the best sentence of a passage adds."""
    parser = argparse.ArgumentParser(description="Measure a search of manual pages.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--fetch", action="store_true")
    parser.add_argument("--encoder", default=DEFAULT_ENCODER)
    arguments = parser.parse_args()
    if arguments.fetch:
        fetch(PACKAGES, arguments.folder)
    pages, questions = pages_and_questions(arguments.folder)
    if len(questions) <= TUNING:
        sys.exit(f"{arguments.folder} holds too few manual pages with translations: add --fetch.")
    with tempfile.TemporaryDirectory() as name:
        place = Path(name) / "pages"
        place.mkdir()
        for page, text in pages.items():
            (place / f"{page}.md").write_text(text, "utf-8")
        with Index.create(Path(name) / "index", encoder=load_encoder(arguments.encoder)) as index:
            sync(index, place)
            searcher = Searcher(index)
            for weight in (best_sentences.WEIGHT, 0.0):
                best_sentences.WEIGHT = weight
                for half, some in (("tuning", questions[:TUNING]), ("closing", questions[TUNING:])):
                    _print(half, weight, len(pages), ranks(searcher, some), some)


def _print(
    half: str, weight: float, pages: int, found: list[int], questions: list[Question]
) -> None:
    languages = {re.split("[_.]", question.language)[0] for question in questions}
    print(
        f"{half}: {pages:,} pages, {len(found):,} questions in {len(languages)} languages: the "
        f"page first {share_within(found, 1):.1f} %, in the first three "
        f"{share_within(found, DEPTH):.1f} %" + ("" if weight else " (sentences not counted)")
    )


if __name__ == "__main__":
    main()
