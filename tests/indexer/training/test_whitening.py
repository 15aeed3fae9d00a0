"""What is left of vectors when they are spread and narrowed."""

import numpy as np

from indexer.training.whitening import spreading

WIDTH = 16


def texts() -> np.ndarray:
    """Unit vectors that differ much in some directions and hardly in others."""
    random = np.random.default_rng(0)
    vectors = random.standard_normal((500, WIDTH)) * 0.7 ** np.arange(WIDTH)
    vectors = vectors @ np.linalg.qr(random.standard_normal((WIDTH, WIDTH)))[0]
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def test_turning_changes_no_product():
    vectors = texts()
    plain, turned = vectors @ spreading(vectors), vectors @ spreading(vectors, WIDTH)
    assert not np.allclose(plain, turned, atol=0.01)
    np.testing.assert_allclose(turned @ turned.T, plain @ plain.T, atol=1e-4)


def test_narrowing_keeps_the_directions_in_which_texts_differ_most():
    vectors = texts()
    plain, narrow = vectors @ spreading(vectors), vectors @ spreading(vectors, WIDTH // 2)
    assert narrow.shape == (len(vectors), WIDTH // 2)
    lost = np.square(plain @ plain.T - narrow @ narrow.T).sum() / np.square(plain @ plain.T).sum()
    first = plain[:, : WIDTH // 2]
    assert lost < 0.01 < np.square(plain @ plain.T - first @ first.T).sum()
    sizes = np.square(narrow).mean(axis=0)
    assert sizes.max() < 4 * sizes.min()
