"""Scored passages to an order of documents."""

from search.ranking import Candidate, rank


def found(passage, document, score):
    return Candidate(passage, document, cosine=score, score=score)


def test_the_document_with_the_best_passage_comes_first_and_keeps_its_other_passages():
    groups = rank([found(1, 10, 0.5), found(2, 20, 0.9), found(3, 10, 0.8), found(4, 20, 0.1)])
    assert [[one.passage for one in group] for group in groups] == [[2, 4], [3, 1]]


def test_the_score_decides_and_not_the_cosine():
    groups = rank([Candidate(1, 10, cosine=0.9, score=0.1), Candidate(2, 20, 0.1, score=0.9)])
    assert [group[0].document for group in groups] == [20, 10]


def test_equal_scores_are_always_in_the_same_order():
    same = [found(3, 30, 0.5), found(1, 10, 0.5), found(2, 20, 0.5)]
    assert rank(same) == rank(reversed(same))


def test_nothing_found_is_no_document():
    assert rank([]) == []
