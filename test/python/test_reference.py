"""The float64 reference against the formulas written out per element, and against its laws."""

import math

import numpy as np
import pytest

from attn import masks as m
from attn import reference
from numerics import BF16, F16, F32, F64, random_qkv


def rng(seed=0):
    return np.random.default_rng(seed)


def by_hand(q, k, v, keep, scale=None, softcap=None, bias=None, sinks=None):
    """Scalar loops over one batch element: keep(i, j) -> bool. Returns o, lse."""
    (H, M, D), (Hk, N, _) = q.shape, k.shape
    o, lse = np.zeros((H, M, v.shape[-1])), np.full((H, M), -np.inf)
    for h in range(H):
        kv = h // (H // Hk)
        for i in range(M):
            terms = []
            for j in filter(lambda j: keep(i, j), range(N)):
                s = float(q[h, i].astype(F64) @ k[kv, j].astype(F64))
                s *= 1 / math.sqrt(D) if scale is None else scale
                if softcap:
                    s = softcap * math.tanh(s / softcap)
                if bias is not None:
                    s += float(bias[h, i, j])
                terms.append((math.exp(s), v[kv, j].astype(F64)))
            total = sum(p for p, _ in terms) + (math.exp(sinks[h]) if sinks is not None else 0)
            if total:
                lse[h, i] = math.log(total)
                o[h, i] = sum((p * row for p, row in terms), np.zeros(v.shape[-1])) / total
    return o, lse


@pytest.mark.parametrize("dtype", [F32, F64, F16, BF16])
def test_formula(dtype):
    q, k, v = (x[0] for x in random_qkv(1, dtype, H=4, Hk=2, M=5, N=6, D=3, E=4))
    bias, sinks = rng(2).standard_normal((4, 5, 6)), rng(3).standard_normal(4)
    clauses = {"scale": 0.7, "softcap": 1.5, "bias": bias.astype(F32), "sinks": sinks.astype(F32)}
    o, lse = reference.sdpa(
        q, k, v, mask=m.causal() & m.cols(5), align="bottom_right", return_lse=True, **clauses
    )
    expected = by_hand(q, k, v, lambda i, j: j <= i + 1 and j < 5, **clauses)
    assert o.dtype == F64
    np.testing.assert_allclose(o, expected[0], atol=1e-14)
    np.testing.assert_allclose(lse, expected[1], atol=1e-14)


def test_default_scale_and_plain_mask():
    q, k, v = (x[0] for x in random_qkv(4, F64, H=1, M=3, N=4, D=8))
    expected = by_hand(q, k, v, lambda i, j: True)
    np.testing.assert_allclose(reference.sdpa(q, k, v), expected[0], atol=1e-14)


def test_weights_are_the_probabilities_of_sdpa():
    q, k, v = random_qkv(5, F64, H=4, Hk=1, M=6, N=9)
    clauses = {"mask": m.window(2, 1), "align": "top_left", "softcap": 2.0}
    p = reference.weights(q, k, **clauses)
    np.testing.assert_allclose(p.sum(-1), 1, atol=1e-14)
    np.testing.assert_allclose(p @ np.repeat(v, 4, 1), reference.sdpa(q, k, v, **clauses))


def test_rows_that_keep_nothing():
    q, k, v = random_qkv(6, F64, M=5, N=3)
    o, lse = reference.sdpa(q, k, v, mask=m.causal(), align="bottom_right", return_lse=True)
    assert (o[:, :, :2] == 0).all() and np.isneginf(lse[:, :, :2]).all()
    assert np.isfinite(lse[:, :, 2:]).all()
    o, lse = reference.sdpa(q, k, v, mask=m.empty(), sinks=np.ones(2, F64), return_lse=True)
    assert (o == 0).all() and (lse == 1).all()


@pytest.mark.parametrize("M, N", [(0, 4), (4, 0), (0, 0)])
def test_nothing_at_all(M, N):
    o, lse = reference.sdpa(*random_qkv(7, M=M, N=N), return_lse=True)
    assert o.shape == (1, 2, M, 32) and (o == 0).all() and np.isneginf(lse).all()


def test_special_scores():
    q, k, v = random_qkv(8, F64, H=1, M=1, N=3, D=1)
    bias = np.array([[[[0.0, -np.inf, 1.0]]]])
    expected = reference.sdpa(q, k[:, :, [0, 2]], v[:, :, [0, 2]], bias=bias[..., [0, 2]])
    np.testing.assert_allclose(reference.sdpa(q, k, v, bias=bias), expected)
    for poison in (np.nan, np.inf):
        bias[..., 1] = poison
        assert np.isnan(reference.sdpa(q, k, v, bias=bias)).all()
    o, lse = reference.sdpa(q, k, v, bias=np.full((1, 1, 1, 3), -np.inf), return_lse=True)
    assert (o == 0).all() and np.isneginf(lse).all()


def test_values_of_dropped_keys_count_for_nothing():
    q, k, v = random_qkv(9, F64, B=2, M=4, N=6)
    mask = m.lens([3, 5]) & m.causal()
    clean = reference.sdpa(q, k, v, mask=mask, align="top_left")
    for b, length in enumerate((3, 5)):
        k[b, :, length:] = np.nan
        v[b, :, length:] = np.inf
    v[:, :, 2] = np.nan
    poisoned = reference.sdpa(q, k, v, mask=mask, align="top_left")
    np.testing.assert_allclose(poisoned[:, :, :2], clean[:, :, :2])
    assert np.isnan(poisoned[:, :, 2:]).all()


def test_bottom_right_is_the_tail_of_the_square():
    q, k, v = random_qkv(10, F64, M=9, N=9)
    square = reference.sdpa(q, k, v, mask=m.causal())
    tail = reference.sdpa(q[:, :, 6:], k, v, mask=m.causal(), align="bottom_right")
    np.testing.assert_array_equal(tail, square[:, :, 6:])


def test_merge_is_attention_over_the_union():
    q, k, v = random_qkv(11, F64, M=4, N=10)
    parts = [(0, 3), (3, 3), (3, 10)]
    merged = reference.merge(
        *(reference.sdpa(q, k[:, :, a:b], v[:, :, a:b], return_lse=True) for a, b in parts)
    )
    whole = reference.sdpa(q, k, v, return_lse=True)
    for actual, expected in zip(merged, whole):
        np.testing.assert_allclose(actual, expected, atol=1e-14)
    nothing = reference.sdpa(q, k, v, mask=m.empty(), return_lse=True)
    o, lse = reference.merge(nothing, nothing)
    assert (o == 0).all() and np.isneginf(lse).all()


def test_a_sink_is_a_part_with_value_zero():
    q, k, v = random_qkv(12, F64)
    sinks = np.array([0.3, -2.0])
    o, lse = reference.sdpa(q, k, v, return_lse=True)
    sink = np.zeros_like(o), np.broadcast_to(sinks[:, None], lse.shape)
    expected = reference.merge((o, lse), sink)
    actual = reference.sdpa(q, k, v, sinks=sinks, return_lse=True)
    for ours, theirs in zip(actual, expected):
        np.testing.assert_allclose(ours, theirs, atol=1e-14)


@pytest.mark.parametrize("layout", ["half", "interleaved"])
def test_rope_depends_on_distance_only(layout):
    q, k, _ = random_qkv(13, F64, H=1, M=6, N=6, D=8)
    q[:], k[:] = q[:, :, :1], k[:, :, :1]
    angles = np.arange(6)[:, None] * 100.0 ** (-np.arange(3) / 3)
    q, k = (reference.rope(x, np.cos(angles), np.sin(angles), layout) for x in (q, k))
    products = (q @ k.swapaxes(-1, -2))[0, 0]
    for distance in range(6):
        np.testing.assert_allclose(np.ptp(np.diagonal(products, distance)), 0, atol=1e-13)
    assert np.ptp(products[0]) > 1e-3


def test_rope_pairs():
    x = np.arange(1.0, 6.0).reshape(1, 1, 5)
    cos, sin = np.array([[0.0, 0.0]]), np.array([[1.0, 1.0]])
    np.testing.assert_array_equal(reference.rope(x, cos, sin, "half"), [[[-3, -4, 1, 2, 5]]])
    np.testing.assert_array_equal(reference.rope(x, cos, sin, "interleaved"), [[[-2, 1, -4, 3, 5]]])


def test_layer_is_projections_around_sdpa():
    x, wq, wk, wv, wo = (
        rng(14).standard_normal(shape) for shape in ((2, 5, 6), (6, 12), (6, 6), (6, 4), (8, 7))
    )
    y = reference.layer(x, wq, wk, wv, wo, heads=4, kv_heads=2, mask=m.causal())
    parts = []
    for h in range(4):
        kv = h // 2
        head = reference.sdpa(
            (x @ wq[:, 3 * h : 3 * h + 3])[:, None],
            (x @ wk[:, 3 * kv : 3 * kv + 3])[:, None],
            (x @ wv[:, 2 * kv : 2 * kv + 2])[:, None],
            mask=m.causal(),
        )
        parts.append(head[:, 0])
    np.testing.assert_allclose(y, np.concatenate(parts, -1) @ wo, atol=1e-13)


def test_score_is_called_with_absolute_positions():
    q, k, v = random_qkv(15, F64, H=2, M=3, N=5)
    slopes = np.array([0.5, 0.25])
    o = reference.sdpa(
        q, k, v, align="bottom_right", score=lambda s, b, h, i, j: s - slopes[h] * (i - j)
    )
    i, j = np.arange(3)[:, None] + 2, np.arange(5)
    expected = reference.sdpa(q, k, v, bias=(-slopes[:, None, None] * (i - j))[None])
    np.testing.assert_allclose(o, expected)


def test_without_softmax_by_hand():
    """Scores of kept pairs times values; ReLU as a score; rows without a key are 0."""
    q, k, v = random_qkv(31, F64, H=2, Hk=1, M=5, N=7, D=4, E=3)
    score = lambda s, b, h, i, j: np.maximum(s, 0)  # noqa: E731
    clauses = {"mask": m.window(1, 1) & m.rows(4), "align": "top_left", "score": score}
    o = reference.sdpa(q, k, v, normalize=False, **clauses)
    for h, i in np.ndindex(2, 5):
        keys = [j for j in range(7) if abs(i - j) <= 1 and i < 4]
        terms = (max(q[0, h, i] @ k[0, 0, j] / 2, 0) * v[0, 0, j] for j in keys)
        expected = sum(terms, np.zeros(3))
        np.testing.assert_allclose(o[0, h, i], expected, rtol=1e-12, atol=1e-12)
    assert (o[:, :, 4] == 0).all()
