"""Biases as factors in the width of queries and keys, against the bias itself in float64."""

import numpy as np
import pytest

import attn
from attn import masks as m
from numerics import F32, F64, assert_close, largest_error, random_qkv


def attend(factors, q, k, v, **how):
    q, k, scale = factors.augment(q, k)
    return attn.sdpa(q, k, v, scale=scale, **how)


@pytest.mark.parametrize("M, N, align", [(50, 50, None), (9, 50, "bottom_right"), (50, 9, "top_left")])
def test_alibi_is_exactly_of_rank_two(M, N, align):
    """Grouped heads, a causal mask: the same as the bias that is added."""
    q, k, v = random_qkv(0, B=2, H=4, Hk=2, M=M, N=N)
    slopes = 2.0 ** -np.arange(1, 5)
    factors = attn.alibi_bias(slopes, M, N, align)
    assert factors.rank == 2 and factors.error == 0
    offset = N - M if align == "bottom_right" else 0
    table = -slopes[:, None, None] * (np.arange(M)[:, None] + offset - np.arange(N))
    how = {"mask": m.causal(), "align": align}
    exact = attn.reference.sdpa(q, k, v, bias=table[None].astype(F32), **how)
    o = attend(factors, q, k, v, **how)
    # The parts of a score are larger than it is: what cancels has been rounded.
    assert largest_error(o, exact) <= 4e-6 * np.abs(v).max() * (1 + slopes.max() * N / 8)


def test_slopes_that_float32_has_not():
    factors = attn.alibi_bias([1 / 3], 100, 100)
    table = -(np.arange(100)[:, None] - np.arange(100)) / 3
    off = np.abs(factors.u[0].astype(F64) @ factors.w.T.astype(F64) - table).max()
    assert 0 < off <= factors.error < 1e-4


def test_a_table_of_heads():
    """Tables by distance, as T5 and Swin have them, factored to an error that is kept."""
    rng = np.random.default_rng(0)
    q, k, v = random_qkv(1, B=2, H=3, M=40, N=60)
    i, j = np.ogrid[:40, :60]
    table = np.stack([np.exp(-(((i - j) / width) ** 2)) for width in (20, 30, 40)])
    table += 1e-4 * rng.standard_normal(table.shape)
    ranks = []
    for eps in (1e-1, 1e-2, 1e-3):
        factors = attn.low_rank_bias(table, eps=eps)
        ranks.append(factors.rank)
        product = factors.u.astype(F64) @ factors.w.astype(F64).swapaxes(1, 2)
        assert np.abs(product - table).max() == factors.error <= eps
        exact = attn.reference.sdpa(q, k, v, bias=table[None].astype(F32))
        off = largest_error(attend(factors, q, k, v), exact)
        assert off <= factors.output_bound(v) + 1e-5
    assert ranks == sorted(ranks) and ranks[0] < ranks[-1] < 20


def test_full_rank_is_the_bias():
    q, k, v = random_qkv(2, M=12, N=9)
    table = np.random.default_rng(0).standard_normal((12, 9))
    factors = attn.low_rank_bias(table, rank=9)
    assert factors.error < 1e-5
    exact = attn.reference.sdpa(q, k, v, bias=table[None, None].astype(F32))
    assert_close(attend(factors, q, k, v), exact, 2 * v, 9)


def test_squared_distance_in_two_dimensions_has_rank_four():
    """Exact rank D + 2, found by its error."""
    points = np.random.default_rng(0).uniform(-1, 1, (30, 2))
    table = -((points[:, None] - points) ** 2).sum(-1)
    assert attn.low_rank_bias(table, eps=1e-5).rank == 4


def test_without_queries_or_keys():
    factors = attn.alibi_bias([0.5, 0.25], 0, 5, "top_left")
    q, k, v = random_qkv(3, M=0, N=5)
    assert attend(factors, q, k, v).shape == (1, 2, 0, 32)
    assert attn.low_rank_bias(np.zeros((0, 5)), eps=0.1).error == 0
