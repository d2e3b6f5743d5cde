"""Feature maps: what their products stand for, and what their parameters must be."""

import math

import numpy as np
import pytest

import attn
from attn import feature_maps, reference
from numerics import F32, F64, random_qkv


def rows(seed=0, D=4, N=7):
    """q and k `[1, 2, N, D]`."""
    return random_qkv(seed, F64, M=N, N=N, D=D)[:2]


def products(q, k, feature_map):
    """φ(q) φ(k)."""
    queries = reference.feature_map(q, feature_map, "query")
    keys = reference.feature_map(k, feature_map, "key")
    assert queries.shape[-1] == feature_maps.feature_map_of(feature_map).count(q.shape[-1])
    return queries @ keys.swapaxes(-1, -2)


def test_elements():
    """relu, elu1 and exp, number by number."""
    x = np.array([[[-2.0, -0.0, 0.5]]])
    for name, expected in (
        ("relu", [0, 0, 0.5]),
        ("elu1", [math.exp(-2), 1, 1.5]),
        ("exp", [math.exp(-2), 1, math.exp(0.5)]),
    ):
        np.testing.assert_allclose(reference.feature_map(x, name)[0, 0], expected)


def test_softmax_and_hedgehog():
    x = np.array([[[0.0, math.log(3)]]])
    np.testing.assert_allclose(reference.feature_map(x, "softmax")[0, 0], [0.25, 0.75])
    np.testing.assert_allclose(
        reference.feature_map(x, "hedgehog")[0, 0], [0.25, 0.75, 0.75, 0.25]
    )


@pytest.mark.parametrize("D", (1, 2, 5))
def test_taylor2_is_the_exponential_to_second_order(D):
    q, k = rows(1, D)
    s = q @ k.swapaxes(-1, -2) / math.sqrt(D)
    np.testing.assert_allclose(products(q, k, "taylor2"), 1 + s + s * s / 2, atol=1e-13)


def test_order_of_taylor2():
    x = np.array([[[2.0, 3.0]]]) * 2**0.25
    half = math.sqrt(0.5)
    np.testing.assert_allclose(
        reference.feature_map(x, "taylor2")[0, 0], [1, 2, 3, 4 * half, 6, 9 * half]
    )


def test_cos_weighs_by_distance():
    """Rows of the second batch element stand 3 further on, which changes no distance."""
    q, k = (np.repeat(x, 2, 0) for x in rows(2))
    i, j = np.ogrid[:7, :7]
    relus = np.maximum(q, 0) @ np.maximum(k, 0).swapaxes(-1, -2)
    expected = relus * np.cos(math.pi * (i - j) / 20)
    for offset in (0, 3, [0, 3], np.array([0, 3], np.int32)):
        actual = products(q, k, feature_maps.cos(10, offset))
        np.testing.assert_allclose(actual, expected, atol=1e-13)


def test_favor_estimates_the_exponential():
    """After normalisation, by which the factors of rows go: the mean over seeds comes near."""
    q, k = (x / 2 for x in rows(3, D=8))
    s = np.exp(q @ k.swapaxes(-1, -2) / math.sqrt(8))
    exact = s / s.sum(-1, keepdims=True)
    estimates = []
    for seed in range(64):
        p = products(q, k, feature_maps.favor(64, seed))
        estimates.append(p / p.sum(-1, keepdims=True))
    assert abs(np.mean(estimates, 0) - exact).max() < 0.15 * exact.max()
    assert abs(np.mean(estimates, 0) - exact).max() < abs(estimates[0] - exact).max()


def test_directions_of_favor():
    """Orthogonal in blocks of D, as long as normal rows are, and the same for the same seed."""
    omega = feature_maps.random_directions(40, 16, 5)
    for block in (omega[:16], omega[16:32], omega[32:]):
        angles = block @ block.T
        np.testing.assert_allclose(angles, np.diag(np.diagonal(angles)), atol=1e-5)
    squares = (feature_maps.random_directions(1600, 16, 6) ** 2).sum(-1)
    # Of chi-square with 16 degrees of freedom: mean 16, variance 32.
    assert abs(squares.mean() - 16) < 1 and abs(squares.var() - 32) < 5
    np.testing.assert_array_equal(omega, feature_maps.favor(40, 5).omega(16))
    assert (omega != feature_maps.favor(40, 6).omega(16)).any()


def test_directions_may_be_given():
    q, k = rows(4)
    omega = np.random.default_rng(5).standard_normal((9, 4)).astype(F32)
    actual = products(q, k, feature_maps.favor(omega))
    y, z = q / 4**0.25, k / 4**0.25
    queries, keys = (np.exp(x @ omega.T - (x * x).sum(-1, keepdims=True) / 2) for x in (y, z))
    expected = queries @ keys.swapaxes(-1, -2)
    ratio = actual / expected
    # A factor of each query, the same for all keys.
    np.testing.assert_allclose(ratio, np.broadcast_to(ratio[..., :1], ratio.shape), rtol=1e-6)


def test_functions_of_an_element():
    q, k = rows(6)
    power = 2
    actual = products(q, k, lambda x: attn.math.maximum(x, 0) ** power)
    expected = np.maximum(q, 0) ** 2 @ (np.maximum(k, 0) ** 2).swapaxes(-1, -2)
    np.testing.assert_allclose(actual, expected)
    np.testing.assert_array_equal(reference.feature_map(q, lambda x: 3.0), np.full(q.shape, 3.0))


@pytest.mark.parametrize(
    "make, error, message",
    (
        (lambda: feature_maps.favor(0), attn.ArgumentError, "features is 0, expected a whole"),
        (lambda: feature_maps.favor(8, -1), attn.ArgumentError, "seed is -1, expected a whole"),
        (lambda: feature_maps.favor(np.ones(3)), attn.ShapeError, "features has shape"),
        (lambda: feature_maps.favor(np.ones((2, 3), int)), attn.ShapeError, "element type i64"),
        (lambda: feature_maps.cos(0), attn.ArgumentError, "length is 0, expected a whole number"),
        (lambda: feature_maps.cos(8, 0.5), attn.ArgumentError, "offset is 0.5, expected whole"),
        (lambda: feature_maps.feature_map_of("elu"), attn.ArgumentError,
         "feature_map is 'elu', expected 'relu', 'elu1'"),
        (lambda: feature_maps.feature_map_of(3), attn.ArgumentError, "feature_map is 3, expected"),
    ),
)  # fmt: skip
def test_parameters(make, error, message):
    with pytest.raises(error, match=message):
        make()


@pytest.mark.parametrize(
    "feature_map, message",
    (
        (feature_maps.favor(np.ones((2, 3))), "features of favor have width 3, rows have 4"),
        (feature_maps.cos(6), "cos has length 6, rows are at positions 0..6: expected them in 0.."),
        (feature_maps.cos(8, 2), "rows are at positions 2..8"),
        (feature_maps.cos(8, -1), "rows are at positions -1..5"),
        (feature_maps.cos(8, [0, 1]), "cos has 2 offsets, expected 1"),
    ),
)
def test_rows_that_do_not_fit(feature_map, message):
    """Both the kernel's door and the reference's say so."""
    q, _ = rows()
    for module in (attn, reference):
        with pytest.raises(attn.ShapeError, match=message):
            module.feature_map(q, feature_map)


@pytest.mark.parametrize(
    "x, feature_map, role, error, message",
    (
        (np.ones((2, 3)), "relu", "query", attn.ShapeError, "x has shape"),
        (np.ones((1, 2, 3), int), "relu", "query", attn.ShapeError, "x has element type i64"),
        (np.ones((1, 2, 0)), "relu", "query", attn.ShapeError, "expected a width above 0"),
        (np.ones((1, 2, 3)), "relu", "value", attn.ArgumentError, "role is 'value', expected"),
    ),
)
def test_arguments(x, feature_map, role, error, message):
    for module in (attn, reference):
        with pytest.raises(error, match=message):
            module.feature_map(x, feature_map, role)


@pytest.mark.parametrize(
    "function, error, message",
    (
        (lambda x: x > 0, attn.ArgumentError, "feature_map returned a truth value"),
        (lambda x: None, attn.ArgumentError, "feature_map returned a NoneType"),
        (lambda x, y: x, attn.ArgumentError, r"feature_map takes other arguments, expected \(x\)"),
        (lambda x: x if x > 0 else -x, attn.UnsupportedError, "test_feature_maps.py:"),
        (lambda x: x * TABLE[0], attn.UnsupportedError, "feature_map reads array 'TABLE'"),
    ),
)
def test_functions_that_are_none(function, error, message):
    with pytest.raises(error, match=message):
        attn.feature_map(np.ones((1, 2, 3), F32), function)


TABLE = np.ones(3, F32)
