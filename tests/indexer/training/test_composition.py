import numpy as np
import torch

from indexer.training.composition import ComposedTable, n_grams


def test_the_n_grams_of_a_piece_are_its_runs_of_three_to_five_letters_without_itself() -> None:
    assert n_grams("▁haus") == {"▁ha", "hau", "aus", "▁hau", "haus"}
    assert n_grams("猫が") == set()


def test_the_composed_table_gives_the_vectors_that_were_trained() -> None:
    pieces = ["<unk>", "▁haus", "▁maus", "s", "haus", "aus"]
    table = ComposedTable(pieces, dimension=8, deviation=1.0, seed=1)
    tokens, offsets = np.array([1, 3, 2, 5], np.int32), np.array([0, 2, 4])
    pooled = table.pool(tokens, offsets).detach().numpy()
    rows = table.composed()[tokens]
    assert np.allclose(pooled, [rows[:2].mean(axis=0), rows[2:].mean(axis=0)], atol=1e-6)


def test_a_piece_that_is_never_seen_learns_from_those_it_resembles() -> None:
    table = ComposedTable(["▁haus", "▁hausen", "▁xyz"], dimension=8, deviation=1.0, seed=1)
    before = table.composed()
    for step in range(1, 20):
        pooled = table.pool(np.array([0], np.int32), np.array([0, 1]))
        torch.autograd.backward(pooled, pooled.detach() - 5)
        table.update(0.1, step)
    moved = np.abs(table.composed() - before).max(axis=1)
    assert moved[1] > 0.1
    assert moved[2] == 0
