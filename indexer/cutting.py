"""Where to cut a sentence that is longer than a passage may be.

Unbroken text comes in every script: Thai without a space, a Chinese page without a mark, minified
code, base64. The places are tried from the kindest to the reader (the end of a line, a comma) to
the last resort (between any two characters), and never inside a grapheme cluster.
"""

import re

from indexer import graphemes

# Scripts written without spaces between words. There, a space is as strong as a comma.
_UNSPACED = "\u0e01-\u0fff\u1000-\u109f\u1780-\u17ff\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef"
_CLOSING = "\"'”’»)\\]}」』】》〉〕）］｝｣"
_PHRASE_MARKS = "、，；：،؛፣፤፥፡၊៖།༎༔·｡､"

# Each pattern ends where a cut may be; the first that matches in the window is used.
_PLACES = (
    # The end of a line: a row, a list item, a statement.
    re.compile(r"[\n\r\x85\u2028]"),
    # The end of a phrase.
    re.compile(rf"[{_PHRASE_MARKS}][{_CLOSING}]*|[,;:—–](?=\s)|(?<=[{_UNSPACED}])[ \u00a0\u3000]+"),
    # The end of a word.
    re.compile(r"\s+|\u200b"),
    # The start of a syllable or word where a script shows it: after the Tibetan tsheg; before the
    # vowels that Thai and Lao write first and after their mark of repetition; before a Khmer or
    # Burmese consonant that carries a vowel and is not stacked below another; where Japanese turns
    # from hiragana to kanji or katakana.
    re.compile(
        "\u0f0b"
        "|(?=[\u0e40-\u0e44\u0ec0-\u0ec4])|[\u0e46\u0ec6]"
        "|(?<![\u17d2])(?=[\u1780-\u17b3][\u17b6-\u17c5\u17d2])"
        "|(?<!\u1039)(?=[\u1000-\u102a\u103f](?![\u1037\u1038]?[\u103a\u1039]))"
        "|(?<=[\u3041-\u3096])(?=[\u30a1-\u30fa\u4e00-\u9fff])"
    ),
    # Between Chinese or Japanese characters, with no mark at the start of what follows or opening
    # bracket at the end of what precedes; after the joints of an address or a path.
    re.compile(
        "(?<=[\u3041-\u9fff\uf900-\ufaff])(?<![「『【《〈〔（［｛])"
        "(?=[\u3041-\u9fff\uf900-\ufaff「『【《〈〔（［｛])"
        "(?![ぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮヵヶー゛゜ゝゞ々ヽヾ])"
        r"|[/&?=._-](?=[^\W_])"
    ),
)
# How far past the window a pattern may look at what follows.
_AHEAD = 3


def best_cut(text: str, start: int, low: int, high: int, limit: int, ideal: int) -> int:
    """Choose where to cut text that has no end of a sentence in reach.

    :param text: the text.
    :param start: where the passage begins, which is where a grapheme cluster begins.
    :param low: the first offset wanted.
    :param high: the last offset wanted, after `low`.
    :param limit: the last offset allowed, at least `high`.
    :param ideal: the offset that would be best if all were equally kind.
    :return: an offset after `start` and up to `limit`, where a cluster begins unless a single one
        reaches from `start` past `limit`: no writing system makes such, and it has to end.
    """
    clusters: set[int] | None = None
    for place in _PLACES:
        found = (match.end() for match in place.finditer(text, low, high + _AHEAD))
        for cut in sorted(found, key=lambda end: abs(end - ideal)):
            if not low <= cut <= high:
                continue
            if graphemes.surely_between(text, cut):
                return cut
            if clusters is None:
                clusters = set(graphemes.boundaries(text, start, limit))
            if cut in clusters:
                return cut
    if graphemes.surely_between(text, ideal):
        return ideal
    if clusters is None:
        clusters = set(graphemes.boundaries(text, start, limit))
    return min(clusters, key=lambda end: (not low <= end <= high, abs(end - ideal)), default=limit)
