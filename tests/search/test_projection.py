"""Vectors as points of a plane."""

import numpy as np

from search.projection import principal_plane, without_group_means


def test_points_that_lie_in_a_plane_keep_their_distances():
    rng = np.random.default_rng(3)
    flat = rng.normal(size=(200, 2)) * [5, 2]
    basis, _ = np.linalg.qr(rng.normal(size=(16, 2)))
    projection = principal_plane((flat @ basis.T + 7).astype(np.float32))
    assert projection.share > 0.9999

    def distances(points):
        return np.linalg.norm(points[:, None] - points[None], axis=2)

    np.testing.assert_allclose(distances(projection.points), distances(flat), atol=1e-3)
    assert projection.points[:, 0].std() > projection.points[:, 1].std()


def test_the_plane_is_the_one_of_the_singular_vectors():
    vectors = np.random.default_rng(4).normal(size=(50, 8)).astype(np.float32)
    centred = vectors - vectors.mean(axis=0)
    _, sizes, directions = np.linalg.svd(centred, full_matrices=False)
    projection = principal_plane(vectors)
    np.testing.assert_allclose(
        np.abs(projection.points), np.abs(centred @ directions[:2].T), atol=1e-4
    )
    assert abs(projection.share - (sizes[:2] ** 2).sum() / (sizes**2).sum()) < 1e-5


def test_few_or_equal_vectors_give_points_too():
    for rows in (0, 1, 2):
        projection = principal_plane(np.ones((rows, 4), np.float32))
        assert projection.points.shape == (rows, 2) and not projection.points.any()
    assert principal_plane(np.array([[1], [3]], np.float32)).points[:, 1].tolist() == [0, 0]


def test_without_its_mean_no_group_lies_apart():
    rng = np.random.default_rng(5)
    vectors = rng.normal(size=(60, 6)).astype(np.float32)
    vectors[:20] += 50
    groups = ["de"] * 20 + ["en"] * 39 + ["ja"]
    left = without_group_means(vectors, groups)
    assert abs(left[:20].mean(axis=0)).max() < 1e-4 and not left[-1].any()
    np.testing.assert_allclose(left[3] - left[4], vectors[3] - vectors[4], atol=1e-4)
