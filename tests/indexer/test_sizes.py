"""Sizes of text, so that a limit means the same in every script."""

from indexer.sizes import EAST_ASIAN, LETTER, SOUTH_EAST_ASIAN, Sizes


def size(text: str) -> int:
    return Sizes(text).between(0, len(text))


def test_a_chinese_character_is_larger_than_a_latin_letter():
    assert size("abc") == size("жąб") == 3 * LETTER
    assert size("中あ한") == 3 * EAST_ASIAN
    assert size("กລ་ကក") == 5 * SOUTH_EAST_ASIAN


def test_digits_spaces_and_marks_are_as_large_as_the_letter_before_them():
    assert size("中1, ") == 4 * EAST_ASIAN
    assert size("中a1, ") == EAST_ASIAN + 4 * LETTER
    assert size("1, 中") == 3 * LETTER + EAST_ASIAN


def test_sums_hold_across_the_blocks_in_which_long_text_is_measured(monkeypatch):
    text = "中1 2 3 4 5 6 7 8 9 abกc12 "
    whole = [Sizes(text).between(0, end) for end in range(len(text) + 1)]
    monkeypatch.setattr("indexer.sizes._BLOCK", 4)
    assert [Sizes(text).between(0, end) for end in range(len(text) + 1)] == whole


def test_reach_is_the_furthest_offset_within_a_size():
    for text in ("a" * 50, "a中" * 25, "ก 1" * 16):
        sizes = Sizes(text)
        for start in (0, 7, len(text)):
            for limit in (0, 10, 57, 10**6):
                end = sizes.reach(start, limit)
                assert sizes.between(start, end) <= limit
                assert end == len(text) or sizes.between(start, end + 1) > limit


def test_a_lone_surrogate_can_be_measured():
    assert size("\ud800中") == LETTER + EAST_ASIAN
