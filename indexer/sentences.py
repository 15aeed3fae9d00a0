"""Where paragraphs and sentences end, in every script, without a dictionary of any language.

One compiled pattern finds the places where a sentence may end; a few rules about what stands before
and after decide about those that are unclear ("Dr. Smith", "z. B.", "3. Mai"). The rules lean
towards not ending a sentence: one that is too long still reads well, one cut at "Dr." does not.
The splitter packs these sentences into passages, the index keeps vectors of them and the searcher
chooses snippets among them.
"""

import re
from collections.abc import Iterator
from itertools import pairwise

from indexer import graphemes

# Marks that end a sentence wherever they stand: nobody writes them inside a number or a name.
# In order: Armenian, Hebrew (end of a verse), Arabic, Urdu, Syriac, N'Ko, danda, Sinhala, Tibetan,
# Burmese, Ethiopic, Khmer, Mongolian, Limbu, Tai Tham, Balinese, Lepcha, Ol Chiki, double question
# and exclamation marks, Chinese and Japanese, Lisu, Vai, Javanese, Cham, Meetei and full-width.
# Unicode counts the Burmese ၊ too, but it is written like a comma.
_ANYWHERE = "։׃؝؞؟۔܀܁܂߹।॥෴།༎༏༐༑༔။።፧፨។៕᠃᠉᥄᥅᪨᪩᪪᪫᭚᭛᭞᭟᰻᰼᱾᱿‼⁇⁈⁉‽⸮⸼。︒！？｡．﹒﹖﹗꓿꘎꘏꧈꧉꩝꩞꩟꫰꫱꯫"
# Tibetan writes its marks twice, with a space between them.
_TIBETAN = "།༎༏༐༑༔"
# Marks that end a sentence only before a space: they also stand in 3.14 and example.org.
_BEFORE_SPACE = ".!?…"
# What may follow the mark and still belong to its sentence. Curly quotes open in one language and
# close in another; with a space after them they close.
_CLOSING = r"\"'”’»›)\]}」』】》〉〕）］｝｣〗〙"
_CLOSING_BEFORE_SPACE = _CLOSING + "“‘«‹*_"
_OPENING = re.compile(r"[\s\"'“‘«‹„‚(\[{¿¡*_`–—-]*")
_MARKS_ON_PUNCTUATION = "\u0300-\u036f\ufe00-\ufe0f\u20d0-\u20ff"
# French sets its marks of quotation off with a space.
_FRENCH_CLOSING = r"(?:[ \u00a0\u202f]»(?=\s|\Z))?+"
# Kana and Chinese characters: between them a half-width mark needs no space.
_WIDE = "\u3041-\u30ff\u3400-\u9fff\uf900-\ufaff"

# One character class first, so that the engine skips everything else at full speed. A run of marks
# is tried from its first mark only and never given back: millions of dots take linear time.
_CANDIDATE = re.compile(
    rf"[{_ANYWHERE}{_BEFORE_SPACE};:፡\n]"
    r"(?:"
    rf"(?<=[{_ANYWHERE}])(?P<anywhere>[{_ANYWHERE}{_BEFORE_SPACE}{_MARKS_ON_PUNCTUATION}]*"
    rf"[{_CLOSING}{_MARKS_ON_PUNCTUATION}]*(?:[ \u00a0]*[{_TIBETAN}])*+)"
    rf"|(?<=[{_BEFORE_SPACE}])(?<![{_BEFORE_SPACE}]{{2}})(?P<spaced>[{_BEFORE_SPACE}]*+"
    rf"[{_MARKS_ON_PUNCTUATION}]*+[{_CLOSING_BEFORE_SPACE}]*+(?:\[\d+\])*+{_FRENCH_CLOSING})(?=\s|\Z)"
    rf"|(?<=[{_WIDE}][.!?])(?P<wide>[!?]*[{_CLOSING}]*)(?=[{_WIDE}「『])"
    rf"|(?<=[\u0370-\u03ff\u1f00-\u1fff];)(?P<greek>[{_CLOSING}]*)(?=\s|\Z)"
    rf"|(?<=[\u0530-\u058f]:)(?P<armenian>[{_CLOSING}]*)(?=\s|\Z)"
    r"|(?<=፡)፡(?P<ethiopic>)"
    r"|(?<=\n)(?P<line>)"
    r")"
)

# What follows a quotation that ends in 。 when the sentence goes on: と言った and its kind.
_JAPANESE_GOES_ON = re.compile(r"[」』）][とってはがをにも、，]|[」』）]の")
_KHMER_AND_SO_ON = re.compile(r"\s?ល។")
_VERSE_NUMBER = re.compile(r"\s*\d+\s*॥")

# A word before "." that is an abbreviation in any language: a letter, letters with dots between
# them, or a few consonants without a vowel, which no word is made of ("Dr", "bzw", "стр", "млн").
_ABBREVIATION = re.compile(
    r"(?:[^\W\d_]{1,3}\.)*[^\W\d_\u1100-\u11ff\u2e80-\ud7ff]"
    r"|(?:[^\W\d_]{1,2}\.)+[^\W\d_]{1,3}"
    r"|[bcdfghjklmnpqrstvwxzßçćčďđğłĺľńňñřŕśšşťţțźžż]{2,4}"
    r"|[бвгґдђжзйкќлљмнњпрстћфхцчџшщ]{2,4}|[βγδζθκλμνξπρσςτφχψ]{2,4}",
    re.IGNORECASE,
)
# Abbreviations with a vowel that many languages share and that seldom end a sentence.
_COMMON_ABBREVIATIONS = frozenset(
    "prof gen hon capt ing dipl tel ca approx ed eds sra dra incl inkl evtl resp mio ul ул им"
    " डॉ डा प्रो श्री".split()
)
# Written without a dot of their own, so that the dot after them ends the sentence.
_UNITS = frozenset(["km", "kg", "cm", "mm", "tv", "dvd"])
# "No. 5", "Kap. 3", "стр. 12": a short word with a dot before a number is an abbreviation.
_LONGEST_BEFORE_NUMBER = 4
# "3. Mai", "19. Jahrhundert", "12. září": a number with a dot is an ordinal in a dozen languages.
# Those that people write so are days and centuries; a year ends its sentence.
_LARGEST_ORDINAL = 31
_ROMAN_ORDINAL = re.compile("[IVX]{2,6}")
_LONGEST_LIST_NUMBER = 3
_LONGEST_WORD = 24

# A new line begins a new sentence where it begins an item, a row or a quoted line.
_ITEM = re.compile(
    r"[ \t]*(?:[-*+•‣◦▪●○■□–—·]\s|\d{1,3}[.)、．]\s|[a-zA-Z][.)]\s|[（(]\w{1,3}[)）]|[①-⑳]|[|#>])"
)
# Lines are wrapped below this width by hand and by most programs; a longer one is a paragraph.
_WIDEST_WRAPPED_LINE = 120
_UNFINISHED = (",", "-", "‐", "\u00ad", "，", "、", "،", "؛", ";", "၊", "፣")

# Thai and Lao have no sentence mark: a space ends a clause, and also stands around numbers and
# names. Shorter runs are those; the median clause between spaces in Thai web text is longer.
_THAI = re.compile("[\u0e01-\u0eff]")
_THAI_SPACE = re.compile("(?<=[\u0e01-\u0eff])[ \u00a0]+(?=[\u0e01-\u0eff])")
_SHORTEST_THAI_SENTENCE = 40

# A blank line. The short form serves text whose lines end in "\n" alone.
_BLANK_LINE = re.compile(r"\n[^\S\n]*\n\s*")
_ANY_BLANK_LINE = re.compile(
    r"(?:\r\n|\n|\r(?!\n)|\x85|\u2028)[^\S\r\n]*(?:\r\n|\n|\r(?!\n)|\x85|\u2028)\s*|[\f\u2029]\s*"
)
_RARE_LINE_ENDS = "\r\x85\u2028\f\u2029"


def paragraph_breaks(text: str) -> list[tuple[int, int]]:
    """Find the whitespace between paragraphs.

    :param text: any text.
    :return: spans of whitespace that holds a blank line, in ascending order.
    """
    rare = not text.isascii() or "\r" in text or "\f" in text
    pattern = _BLANK_LINE
    if rare and any(end in text for end in _RARE_LINE_ENDS):
        pattern = _ANY_BLANK_LINE
    return [match.span() for match in pattern.finditer(text)]


def sentences(text: str) -> list[tuple[int, int]]:
    """Find the sentences of a text.

    :param text: any text, in any mix of scripts.
    :return: (start, end) of each, in characters; together they hold every character that is not
        whitespace, none of them is empty, and none tears a grapheme cluster.
    """
    return list(each_sentence(text))


def each_sentence(text: str) -> Iterator[tuple[int, int]]:
    """Find the sentences of a text one by one, for those who need only the first."""
    breaks = paragraph_breaks(text)
    starts = [0, *(end for _, end in breaks)]
    stops = [*(start for start, _ in breaks), len(text)]
    for start, stop in zip(starts, stops, strict=True):
        for left, right in pairwise([start, *sentence_ends(text, start, stop)]):
            left = graphemes.skip_space(text, left)
            if left < right:
                yield left, graphemes.drop_space(text, left, right)


def sentence_ends(text: str, start: int, stop: int) -> list[int]:
    """Find where the sentences of one paragraph end.

    :param text: the text.
    :param start: where the paragraph begins.
    :param stop: where it ends.
    :return: ascending offsets after the closing marks of each sentence; the last is `stop`.
    """
    longest = max(map(len, text[start:stop].split("\n")))
    ends = []
    for match in _CANDIDATE.finditer(text, start, stop):
        if _ends_sentence(text, match, start, stop, longest):
            ends.append(match.end())
    if not text.isascii() and _THAI.search(text, start, stop):
        ends = list(_with_thai_spaces(text, ends, start, stop))
    if not ends or ends[-1] < stop:
        ends.append(stop)
    return ends


def _ends_sentence(text: str, match: re.Match[str], start: int, stop: int, longest: int) -> bool:
    kind, end = match.lastgroup, match.end()
    if kind == "spaced":
        return end >= stop or _ends_before_space(text, match.start(), match.end(), start)
    if kind == "line":
        return _ends_line(text, match.start(), start, stop, longest)
    if end < stop and not graphemes.surely_between(text, end):
        return False
    if kind != "anywhere":
        return True
    mark = text[match.start()]
    if mark == "．":
        return not (text[end : end + 1].isdecimal() and text[end - 2 : end - 1].isdecimal())
    if mark == "។":
        return not _KHMER_AND_SO_ON.match(text, end)
    if mark == "॥":
        return not _VERSE_NUMBER.match(text, end)
    return not _JAPANESE_GOES_ON.match(text, end - 1)


def _ends_before_space(text: str, mark: int, end: int, start: int) -> bool:
    """Decide about one of . ! ? … and what closes it, with a space after them."""
    opening = _OPENING.match(text, end)
    following = text[opening.end() : opening.end() + 1] if opening else ""
    if _is_lowercase(following):
        return False
    if end - mark > 1 or text[mark] != ".":
        return True
    before = text[max(start, mark - _LONGEST_WORD) : mark].split()
    word = before[-1].lstrip("\"'“‘«„([{-–—/") if before else ""
    if word.replace(".", "").isdecimal() and _begins_line(text, mark - len(word), start):
        return len(word) > _LONGEST_LIST_NUMBER and "." not in word
    if word.isdecimal():
        return len(word) > 2 or int(word) > _LARGEST_ORDINAL
    if following.isdecimal() and len(word) <= _LONGEST_BEFORE_NUMBER and _is_cased(word):
        return False
    if word.lower() in _COMMON_ABBREVIATIONS or _ROMAN_ORDINAL.fullmatch(word):
        return False
    if _ABBREVIATION.fullmatch(word):
        # "the BBC." is a word, "J." and "U.S." are not.
        return len(word) > 1 and "." not in word and (word.isupper() or word in _UNITS)
    return True


def _is_cased(word: str) -> bool:
    return word.isalpha() and word.lower() != word.upper()


def _begins_line(text: str, position: int, start: int) -> bool:
    return position <= start or text[position - 1] == "\n"


def _is_lowercase(char: str) -> bool:
    # Georgian letters have capitals in Unicode, but sentences do not begin with them.
    return char.islower() and not "\u10d0" <= char <= "\u10ff"


def _ends_line(text: str, line_end: int, start: int, stop: int, longest: int) -> bool:
    """Decide whether a new line begins a new sentence, or the sentence goes on after a wrap."""
    if _ITEM.match(text, line_end + 1, stop):
        return True
    line_start = max(start, text.rfind("\n", start, line_end) + 1)
    length = line_end - line_start
    if longest / 2 <= length <= _WIDEST_WRAPPED_LINE:
        return False
    opening = _OPENING.match(text, line_end)
    following = text[opening.end() : opening.end() + 1] if opening else ""
    return not _is_lowercase(following) and not text.endswith(_UNFINISHED, line_start, line_end)


def _with_thai_spaces(text: str, ends: list[int], start: int, stop: int) -> Iterator[int]:
    """Merge the ends of clauses in Thai and Lao into `ends`."""
    spaces = [match.start() for match in _THAI_SPACE.finditer(text, start, stop)]
    certain = set(ends)
    last = start
    for end in sorted(certain.union(spaces)):
        if end in certain or end - last >= _SHORTEST_THAI_SENTENCE:
            yield end
            last = end
