"""Attention whose scores are the weights: ReLU, sigmoid, squares and plain products."""

import numpy as np
import pytest

import attn
from attn import masks as m
from numerics import DTYPES, F8, F32, F64, I8, LENGTHS, check_unnormalized, random_qkv

TYPES = pytest.mark.parametrize("dtype", DTYPES, ids=lambda dtype: np.dtype(dtype).name)

SCORES = {
    "product": None,
    "relu": lambda s, b, h, i, j: attn.math.maximum(s, 0) / 64,
    "sigmoid": lambda s, b, h, i, j: 1 / (1 + attn.math.exp(-s + 4)),
    "square": lambda s, b, h, i, j: s * s,
    "decay": lambda s, b, h, i, j: s * attn.math.exp((j - i) * 0.125),
}


@TYPES
@pytest.mark.parametrize("name", SCORES)
def test_scores(name, dtype):
    q, k, v = random_qkv(1, dtype, B=2, H=4, Hk=2, M=65, N=201, D=24, E=40)
    score = SCORES[name]
    check_unnormalized(q, k, v, mask=m.causal(), align="bottom_right", score=score)


@pytest.mark.parametrize("keys", LENGTHS)
@pytest.mark.parametrize("queries", LENGTHS)
def test_lengths(queries, keys):
    q, k, v = random_qkv(2, M=queries, N=keys, D=16)
    check_unnormalized(q, k, v, score=SCORES["relu"])
    check_unnormalized(q, k, v, mask=m.causal(), align="bottom_right")


RATES = {
    "some": np.float32([0.0, -1e-3, -0.1, -3.0]),
    "growing": np.float32([0.0, -1e-3, 0.01, -3.0]),
    "endless": np.float32([0.0, -np.inf, -0.1, -3.0]),
}


@TYPES
@pytest.mark.parametrize("tokens", [1, 5, 300])
@pytest.mark.parametrize("name", ["some", "growing"])
def test_rates_of_heads(name, tokens, dtype):
    """Rates are looked at in each call: where none grows, this is linear attention."""
    rates = RATES[name]
    q, k, v = random_qkv(12, dtype, B=2, H=4, Hk=2, M=tokens, N=tokens, D=24, E=40)
    score = lambda s, b, h, i, j: s * attn.math.exp(rates[h] * (i - j))
    check_unnormalized(q, k, v, mask=m.causal(), align="bottom_right", score=score)


def test_endless_rate():
    """A rate of -inf is no decay: exp(-inf * 0) is NaN, in its head, as it is written."""
    rates = RATES["endless"]
    q, k, v = random_qkv(13, B=1, H=4, M=40, N=40, D=8)
    score = lambda s, b, h, i, j: s * attn.math.exp(rates[h] * (i - j))
    out = attn.sdpa(
        q, k, v, mask=m.causal(), align="top_left", normalize=False, score=score
    )
    assert np.isnan(out[:, 1]).all()
    assert np.isfinite(out[:, [0, 2, 3]]).all()


MASKS = {
    "window": m.causal() & m.window(30, 0),
    "lens": m.lens([0, 70]),
    "docs": m.docs([0, 10, 11, 90]),
    "global": m.cols(3) | m.window(5, 5),
    "not": ~m.window(5, 5),
    "empty": m.empty(),
    "colmod": m.colmod(3, 1),
}


@pytest.mark.parametrize("name", MASKS)
def test_masks(name):
    q, k, v = random_qkv(3, B=2, M=130, N=130, D=20)
    check_unnormalized(q, k, v, mask=MASKS[name], score=SCORES["sigmoid"])
    check_unnormalized(q[:, :, :2], k, v, mask=MASKS[name], align="bottom_right")


def test_clauses():
    """A bias and a softcap are in the units of scores, in every form."""
    for queries in (1, 100):
        q, k, v = random_qkv(4, B=1, H=3, M=queries, N=150)
        rng = np.random.default_rng(5)
        masked = {"mask": m.window(40, 40), "align": "bottom_right"}
        for shape in ((1, 3, queries, 150), (1, 1, 1, 150), (1, 3, queries, 1)):
            bias = rng.standard_normal(shape).astype(F32)
            check_unnormalized(q, k, v, bias=bias, scale=0.5)
            check_unnormalized(q, k, v, bias=bias, softcap=1.5, **masked)
        check_unnormalized(q, k, v, softcap=0.5)


@pytest.mark.parametrize("queries", [1, 3, 16])
def test_parts_of_keys(queries):
    """Keys beyond 4096 are folded in parts, which are added: some of them have no keys."""
    q, k, v = random_qkv(6, H=4, Hk=1, M=queries, N=9001, D=16)
    score = SCORES["relu"]
    check_unnormalized(q, k, v, score=score)
    check_unnormalized(q, k, v, mask=m.window(100, 0), align="bottom_right", score=score)


@pytest.mark.parametrize("dtype", [I8, F8], ids=["int8", "float8"])
@pytest.mark.parametrize("queries", [1, 70])
def test_quantised(dtype, queries):
    q, k, v = random_qkv(7, H=4, Hk=2, M=queries, N=100)
    (k, key_scale), (v, value_scale) = attn.quantize(k, dtype), attn.quantize(v, dtype)
    scales = {"key_scale": key_scale, "value_scale": value_scale}
    check_unnormalized(q, k, v, **scales)
    masked = {"mask": m.causal(), "align": "bottom_right"}
    check_unnormalized(q, k, v, score=SCORES["relu"], **masked, **scales)


@pytest.mark.parametrize("queries", [1, 130])
def test_listed_blocks(queries):
    """Lists in which a row of blocks is empty; blocks that a mask cuts."""
    q, k, v = random_qkv(14, H=4, Hk=2, M=queries, N=130)
    rows = -(-queries // 16)
    row_ptr = np.append(0, np.cumsum(np.arange(rows) % 3))
    col = np.concatenate([np.arange(row % 3) * 4 + row % 2 for row in range(rows)])
    for extra in (m.full(), m.causal()):
        mask = m.blocks((row_ptr, col), block=(16, 16)) & extra
        check_unnormalized(q, k, v, mask=mask, align="top_left", score=SCORES["sigmoid"])


@pytest.mark.parametrize("queries", [1, 40])
def test_pages(queries):
    """Keys read from pages, with NaN in the pages and rows of nobody."""
    lengths, table = [37, 16], np.array([[3, 0, 4], [1, -1, -1]], np.int32)
    pages = np.full((5, 16, 2, 8), np.nan, F32)
    pages[[3, 0, 1]] = np.random.default_rng(15).standard_normal((3, 16, 2, 8))
    pages[4, :5] = 0.5
    k = attn.paged_view(pages, table)
    q, _, _ = random_qkv(16, B=2, H=4, M=queries, N=1, D=8)
    o = attn.sdpa(q, k, k, mask=m.lens(lengths), normalize=False, score=SCORES["relu"])
    gathered = attn.reference.gathered(k).astype(F32)
    exact = check_unnormalized(q, gathered, gathered, mask=m.lens(lengths), score=SCORES["relu"])
    np.testing.assert_allclose(o, exact, rtol=1e-5, atol=1e-6)


@TYPES
@pytest.mark.parametrize("queries", [2, 80])
def test_rows_without_keys(queries, dtype):
    """They are 0, whatever the score program says of masked pairs."""
    q, k, v = random_qkv(8, dtype, M=queries, N=30)
    o = check_unnormalized(q, k, v, mask=m.rows(0), score=SCORES["sigmoid"])
    assert (o == 0).all()
    q, k, v = random_qkv(9, dtype, M=queries, N=0)
    assert (check_unnormalized(q, k, v) == 0).all()


@TYPES
@pytest.mark.parametrize("queries", [1, 9, 70])
def test_poison_beyond_lens(queries, dtype):
    """What lies behind the last key of a batch element is not read into any sum."""
    q, k, v = random_qkv(10, dtype, B=3, M=queries, N=130)
    lengths = [0, 65, 129]
    clean = check_unnormalized(q, k, v, mask=m.lens(lengths), score=SCORES["sigmoid"])
    for poison in (np.nan, np.inf):
        for b, length in enumerate(lengths):
            k[b, :, length:] = v[b, :, length:] = poison
        poisoned = check_unnormalized(q, k, v, mask=m.lens(lengths), score=SCORES["sigmoid"])
        np.testing.assert_array_equal(poisoned, clean)


@pytest.mark.parametrize("queries", [2, 70])
def test_scores_that_are_not_finite(queries):
    """A score of -inf is no masked pair: it goes into the sum, as +inf and NaN do."""
    q, k, _ = random_qkv(11, H=1, M=queries, N=40)
    v = np.ones((1, 1, 40, 8), F32)
    for value in (-np.inf, np.inf, np.nan):
        bias = np.zeros((1, 1, queries, 40), F32)
        bias[0, 0, 1, 7] = value
        o = check_unnormalized(q, k, v, bias=bias)
        assert np.isfinite(o[:, :, 0]).all()
        np.testing.assert_array_equal(o[:, :, 1], np.full((1, 1, 8), value))
        masked = check_unnormalized(q, k, v, bias=bias, mask=m.cols(7))
        assert np.isfinite(masked).all()
        chosen = check_unnormalized(
            q, k, v, score=lambda s, b, h, i, j: attn.math.where(j < 20, s, value)
        )
        np.testing.assert_array_equal(chosen, np.full(chosen.shape, value))


def test_large_scores():
    """Where exponentials would overflow there is nothing to overflow."""
    q, k, v = random_qkv(12, M=50, N=50)
    check_unnormalized(q * 1e6, k, v, mask=m.causal())
    check_unnormalized(*random_qkv(13, F64, M=50, N=50), scale=1e9)
