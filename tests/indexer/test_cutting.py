"""Where a sentence that is too long is cut."""

from indexer.cutting import best_cut


def test_the_end_of_a_line_is_kinder_than_a_comma_and_a_comma_than_a_space():
    assert best_cut("aaaa bb, cc\ndd eeee", 0, 2, 16, 16, 5) == len("aaaa bb, cc\n")
    assert best_cut("aaaa bb, cc dd eeee", 0, 2, 16, 16, 5) == len("aaaa bb,")
    assert best_cut("aaaa bb cc dd eeee", 0, 2, 16, 16, 5) == len("aaaa ")


def test_no_cut_falls_outside_the_wanted_range():
    text = "a" * 11 + " " + "a" * 20
    assert best_cut(text, 0, 5, 10, 10, 8) == 8
    assert best_cut(", aaaaaaaaaaaaaaaaaaaa", 0, 5, 10, 10, 8) == 8


def test_a_cluster_that_fills_the_wanted_range_is_kept_whole_where_the_limit_allows():
    text = "aaaa" + "e" + "\u0301" * 10 + "aaaa"
    assert best_cut(text, 0, 6, 12, 20, 10) == 15
    assert best_cut(text, 0, 6, 12, 12, 9) == 4


def test_a_cluster_longer_than_the_limit_still_ends():
    assert best_cut("e" + "\u0301" * 100, 0, 6, 12, 20, 9) == 20


def test_an_opening_bracket_is_not_left_behind():
    text = "中中中「中中中"
    assert best_cut(text, 0, 3, 5, 5, 4) in {3, 5}
