"""Which language codes cover which."""

import pytest

from indexer.errors import QueryError
from search.languages import checked, covers


@pytest.mark.parametrize(
    ("wanted", "language"),
    [
        ("de", "de"),
        ("DE", "de"),
        ("deu", "de"),
        ("zh", "zh-Hans"),
        ("zh", "zh-Hant"),
        ("zh", "yue"),
        ("cmn", "zh-Hans"),
        ("zh_hans", "zh-Hans"),
        ("zh-CN", "zh-Hans"),
        ("zh-TW", "zh-Hant"),
        ("no", "nb"),
        ("no", "nn"),
        ("ar", "arz"),
        ("fa", "pes"),
        ("sw", "swh"),
        ("sh", "hr"),
        ("tl", "fil"),
        ("iw", "he"),
        ("und", "und"),
    ],
)
def test_a_code_covers_its_scripts_its_varieties_and_its_other_spellings(wanted, language):
    assert covers(checked(wanted), language)


@pytest.mark.parametrize(
    ("wanted", "language"),
    [
        ("de", "en"),
        ("zh-Hans", "zh-Hant"),
        ("zh-Hans", "zh"),
        ("zh-TW", "zh-Hans"),
        ("nb", "nn"),
        ("nb", "no"),
        ("ms", "id"),
        ("id", "ms"),
        ("es", "est"),
        ("yue", "zh-Hant"),
        ("en", "und"),
    ],
)
def test_a_code_covers_no_other_language(wanted, language):
    assert not covers(wanted, language)


@pytest.mark.parametrize("code", ["German", "xx", "zz-Latn", "d", "de-", "€", "\ud800", "a" * 500])
def test_what_is_no_code_is_refused_in_one_short_sentence(code):
    with pytest.raises(QueryError, match="not a language code") as refusal:
        checked(code)
    message = str(refusal.value)
    assert "\n" not in message
    assert len(message) < 200
    message.encode()
