"""Where the training text comes from: licence, attribution and weight of every known source.

A folder may hold sources that are not listed; they count whole and the card says that their
licence is unknown.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Source:
    """One file of parallel text.

    :param what: what kind of text it is.
    :param attribution: whom it comes from.
    :param licence: its licence.
    :param weight: how much a pair counts when batches are drawn. Sentences people write count
        whole; copies of one English text in many languages, interface text, word lists and
        scripture count less, because few people search for text like theirs.
    """

    what: str
    attribution: str
    licence: str
    weight: float = 1.0


SOURCES = {
    "cldr": Source(
        "names and keywords of emoji", "Unicode, Inc., CLDR", "Unicode-3.0", weight=0.0625
    ),
    "djdocs": Source(
        "Django's documentation",
        "Django Software Foundation and translators",
        "BSD-3-Clause",
        weight=0.15,
    ),
    "ebible": Source(
        "Bible verses",
        "eBible.org, the editions in the public domain or under CC0",
        "public domain, CC0-1.0",
        weight=0.175,
    ),
    "ftl": Source(
        "web pages and interface text", "Mozilla and its localizers", "MPL-2.0", weight=0.125
    ),
    "indian_parallel": Source(
        "Wikipedia sentences and dictionary entries: bn hi ml ta te ur",
        "Post, Callison-Burch and Osborne (2012), Indian Parallel Corpora",
        "CC-BY-SA-3.0",
    ),
    "json_i18n": Source(
        "interface text of MediaWiki and OpenStreetMap editors",
        "translatewiki.net and the projects' translators",
        "GPL-2.0-or-later, MIT, ISC",
        weight=0.125,
    ),
    "mlqe": Source(
        "Wikipedia and Reddit sentences, machine translated and filtered",
        "MLQE and MLQE-PE, Fomicheva and others (2020)",
        "CC0-1.0",
    ),
    "mozilla_lang": Source("web pages", "Mozilla and its localizers", "MPL-2.0", weight=0.125),
    "nusa_jv_id": Source(
        "Javanese and Indonesian sentences", "NusaWrites and contributors", "Apache-2.0"
    ),
    "nusax": Source(
        "sentences in languages of Indonesia", "NusaX, Winata and others (2023)", "CC-BY-SA-4.0"
    ),
    "osm_web": Source(
        "interface text of openstreetmap.org",
        "OpenStreetMap contributors and translators",
        "GPL-2.0",
        weight=0.0625,
    ),
    "po_docs_ui": Source(
        "help and interface text of GNOME and Cinnamon",
        "the GNOME and Linux Mint projects and their translators",
        "CC-BY-3.0, GPL-2.0-or-later",
        weight=0.125,
    ),
    "pydocs": Source(
        "Python's documentation",
        "Python Software Foundation and translators",
        "PSF-2.0, CC0-1.0",
        weight=0.15,
    ),
    "refugee": Source("a phrasebook", "Refugee Phrasebook contributors", "MIT"),
    "storybooks": Source(
        "children's stories, 38 languages",
        "African Storybook and Global Storybooks, authors and translators",
        "CC-BY-4.0",
    ),
    "stsb_mt": Source(
        "captions, forums, news, machine translated",
        "STS benchmark, Cer and others (2017), and its multilingual translation",
        "CC-BY-SA-4.0",
        weight=0.3,
    ),
    "tatoeba": Source(
        "everyday sentences", "Tatoeba contributors, through OPUS-MT", "CC-BY-2.0-FR"
    ),
    "tatoeba_manythings": Source(
        "everyday sentences", "Tatoeba contributors, through manythings.org", "CC-BY-2.0-FR"
    ),
    "tico19": Source(
        "health, 35 languages", "TICO-19, Anastasopoulos and others (2020)", "CC0-1.0"
    ),
    "wikidict": Source(
        "titles of Wikipedia articles",
        "Wikipedia and Wikidata contributors",
        "CC0-1.0, CC-BY-SA-3.0",
        weight=0.125,
    ),
    "wikipedia_app": Source(
        "interface text of Wikipedia's app",
        "Wikimedia Foundation and translators",
        "Apache-2.0",
        weight=0.125,
    ),
    "wordnet": Source(
        "words by shared meaning",
        "Open Multilingual Wordnet (Bond and Foster, 2013), the wordnets in it, Wiktionary, CLDR",
        "each wordnet's own open licence",
        weight=0.0875,
    ),
}


# Pairs that are made of those of the sources (`made_pairs`): the first are sentences people wrote.
WEIGHTS_OF_MADE = {"third_language": 1.0, "word_by_word": 0.25}


def weight_of(name: str) -> float:
    """Return how much a pair of a source counts; an unknown source counts whole."""
    return SOURCES[name].weight if name in SOURCES else WEIGHTS_OF_MADE.get(name, 1.0)
