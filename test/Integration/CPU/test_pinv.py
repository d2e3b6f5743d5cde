"""attn.pinv against NumPy: both ways, orders of any size, singular matrices, what is no number."""

import numpy as np
import pytest

import attn
from numerics import F32, F64

TYPES = {F32: "f32", F64: "f64"}


def invert(a, clause):
    """The inverses of `a` `[H, m, m]` and their residuals."""
    element = TYPES[a.dtype.type]
    kind, heads = f"tensor<{len(a)}x?x?x{element}>", f"tensor<{len(a)}x{element}>"
    kernel = attn.compile(
        f"func.func @pinv(%a: {kind}) -> ({kind}, {heads}) {{\n"
        f"  %z, %r = attn.pinv %a {clause} : {kind}, {heads}\n"
        f"  return %z, %r : {kind}, {heads}\n}}"
    )
    return kernel(a)


def stochastic(seed, m, heads=3, dtype=F32):
    """Matrices like those of landmarks: rows are probabilities."""
    a = np.exp(np.random.default_rng(seed).standard_normal((heads, m, m)) * 2)
    return (a / a.sum(-1, keepdims=True)).astype(dtype)


def residual_of(a, z):
    a, z = a.astype(F64), z.astype(F64)
    return np.abs(a @ z @ a - a).max((-1, -2))


@pytest.mark.parametrize("dtype", [F32, F64])
@pytest.mark.parametrize("m", [1, 2, 5, 16, 64, 70])
def test_elimination_is_the_inverse(m, dtype):
    a = stochastic(m, m, dtype=dtype)
    z, residual = invert(a, "solve(lu)")
    exact = np.linalg.pinv(a.astype(F64))
    unit = np.finfo(dtype).eps
    for x, y, r in zip(z, exact, residual):
        scale = np.abs(y).max()
        assert np.abs(x - y).max() <= 40 * m * unit * scale * max(scale, 1)
        assert r <= 40 * m * unit * max(scale, 1)


def test_elimination_exchanges_rows():
    """No pivot where the diagonal is 0: a permutation is its own transpose's inverse."""
    a = np.eye(6, dtype=F32)[[[2, 0, 1, 5, 3, 4]]]
    z, residual = invert(a, "solve(lu)")
    np.testing.assert_array_equal(z[0], a[0].T)
    assert residual[0] == 0


@pytest.mark.parametrize("iters", [1, 6, 12, 30])
def test_iterations(iters):
    """The formula, step by step, with norms of each head."""
    a = stochastic(0, 16, dtype=F64)
    a[1] *= 100
    z, residual = invert(a, f"iters({iters})")
    for x, y in zip(a, z):
        exact = x.T / (np.abs(x).sum(0).max() * np.abs(x).sum(1).max())
        for _ in range(iters):
            w, identity = x @ exact, np.eye(16)
            exact = exact @ (13 * identity - w @ (15 * identity - w @ (7 * identity - w))) / 4
        np.testing.assert_allclose(y, exact, atol=1e-8 * np.abs(exact).max())
    np.testing.assert_allclose(residual, residual_of(a, z), atol=1e-10)


def test_six_iterations_are_not_many():
    """The residual says so; 30 find the inverse."""
    a = stochastic(3, 16, dtype=F64)
    few, many = invert(a, "iters(6)")[1], invert(a, "iters(30)")[1]
    assert few.max() > 1e-3 and many.max() < 1e-10


@pytest.mark.parametrize("rank", [0, 1, 3, 7])
def test_singular_matrices_have_generalised_inverses(rank):
    """A Z A = A by elimination; the iteration finds the inverse of Moore and Penrose."""
    rng = np.random.default_rng(rank)
    a = (rng.standard_normal((2, 8, rank)) @ rng.standard_normal((2, rank, 8))).astype(F64)
    z, residual = invert(a, "solve(lu)")
    assert np.isfinite(z).all() and residual.max() <= 1e-9
    np.testing.assert_allclose(residual, residual_of(a, z), atol=1e-12)
    # As many rows of Z are 0 as columns of A depend on others.
    assert (np.abs(z).max(-1) == 0).sum(-1).tolist() == [8 - rank] * 2


def test_nearly_singular_is_told_by_the_residual():
    """Columns equal up to rounding depend on each other: no inverse of 1e7, and no failure."""
    a = np.ones((1, 4, 4), F32)
    a[0, 0, 1] += 1e-7
    z, residual = invert(a, "solve(lu)")
    assert np.isfinite(z).all() and np.abs(z).max() < 10 and 0 < residual[0] < 1e-6


@pytest.mark.parametrize("clause", ["solve(lu)", "iters(6)"])
def test_zero_and_nan(clause):
    """Zero is its own pseudo-inverse; what is no number is told by the residual."""
    a = np.zeros((3, 5, 5), F32)
    a[1] = np.eye(5)
    a[2] = np.nan
    z, residual = invert(a, clause)
    assert not z[0].any() and residual[0] == 0
    np.testing.assert_allclose(z[1], np.eye(5), atol=0 if "lu" in clause else 2e-2)
    assert np.isnan(residual[2])


def test_no_matrices():
    assert invert(np.zeros((3, 0, 0), F32), "solve(lu)")[0].shape == (3, 0, 0)


def test_not_square():
    with pytest.raises(attn.ShapeError, match="row count 4, a square matrix has 5"):
        invert(np.zeros((3, 4, 5), F32), "iters(6)")
