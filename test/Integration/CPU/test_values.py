"""Values that break attention written without care: masked rows, infinities, NaN, large scores."""

import numpy as np
import pytest

import attn
from attn import masks as m
from numerics import BF16, DTYPES, F16, F32, F64, assert_sdpa_close, check_sdpa, random_qkv

TYPES = pytest.mark.parametrize("dtype", DTYPES, ids=lambda dtype: np.dtype(dtype).name)


def statistics_of(dtype):
    return F64 if dtype == F64 else F32


@TYPES
def test_fully_masked_rows(dtype):
    q, k, v = random_qkv(1, dtype, M=130, N=63)
    o, lse = check_sdpa(q, k, v, mask=m.causal(), align="bottom_right")
    assert (o[:, :, :67] == 0).all() and np.isneginf(lse[:, :, :67]).all()
    assert np.isfinite(lse[:, :, 67:]).all()
    o, lse = check_sdpa(q, k, v, mask=m.empty())
    assert (o == 0).all() and not np.signbit(o).any() and np.isneginf(lse).all()
    o, _ = check_sdpa(q, k, v, mask=m.rows(0) | m.lens([0]))
    assert (o == 0).all()


@TYPES
def test_poison_beyond_lens(dtype):
    q, k, v = random_qkv(2, dtype, B=3, M=9, N=130)
    lengths = [0, 65, 129]
    clean, _ = check_sdpa(q, k, v, mask=m.lens(lengths))
    for b, length in enumerate(lengths):
        k[b, :, length:] = np.nan
        v[b, :, length:] = np.nan
    poisoned, _ = check_sdpa(q, k, v, mask=m.lens(lengths))
    np.testing.assert_array_equal(poisoned, clean)
    v[np.isnan(v)] = np.inf
    poisoned, _ = check_sdpa(q, k, v, mask=m.lens(lengths))
    np.testing.assert_array_equal(poisoned, clean)


@TYPES
def test_poison_in_empty_tiles(dtype):
    """Keys far outside the window of every query are not looked at."""
    q, k, v = random_qkv(3, dtype, M=16, N=2000)
    k[:, :, :1000] = np.nan
    v[:, :, :1000] = np.nan
    check_sdpa(q, k, v, mask=m.causal() & m.window(30, 0), align="bottom_right")


@TYPES
@pytest.mark.parametrize("keys", [1, 5, 63, 64, 65, 127, 191])
def test_poison_behind_the_arrays(dtype, keys):
    """Keys are read from the middle of an array of NaN."""
    q, k, v = random_qkv(4, dtype, M=5, N=400)
    outside = np.arange(400)[:, None]
    outside = (outside < 100) | (outside >= 100 + keys)
    k[np.broadcast_to(outside, k.shape)] = np.nan
    v[np.broadcast_to(outside, v.shape)] = np.nan
    check_sdpa(q, k[:, :, 100 : 100 + keys], v[:, :, 100 : 100 + keys])


@TYPES
def test_poison_behind_the_queries(dtype):
    q, k, v = random_qkv(5, dtype, M=200, N=65)
    q[:, :, 7:] = np.nan
    o, _ = check_sdpa(q[:, :, :7], k, v)
    assert np.isfinite(np.asarray(o, F32)).all()


@pytest.mark.parametrize("poison", [np.nan, np.inf], ids=str)
def test_one_bad_query_spoils_its_row_only(poison):
    q, k, v = random_qkv(6, M=65, N=65)
    k = np.abs(k)
    q[0, 1, 17] = poison
    o, lse = check_sdpa(q, k, v)
    assert np.isnan(o[0, 1, 17]).all() and np.isnan(lse[0, 1, 17])
    assert np.isnan(lse).sum() == 1


@pytest.mark.parametrize("dtype", [F32, F64, F16, BF16], ids=lambda dtype: np.dtype(dtype).name)
def test_minus_infinity_in_the_bias_masks(dtype):
    q, k, v = random_qkv(7, dtype, M=65, N=130)
    rng = np.random.default_rng(7)
    bias = np.where(rng.random((1, 2, 65, 130)) < 0.7, -np.inf, 0.5).astype(dtype)
    bias[:, :, 3:5] = -np.inf
    bias[:, :, 10, :100] = -np.inf
    o, lse = check_sdpa(q, k, v, bias=bias)
    assert (o[:, :, 3:5] == 0).all() and np.isneginf(lse[:, :, 3:5]).all()
    o, lse = check_sdpa(q, k, v, bias=np.full((1, 1, 1, 1), -np.inf, dtype))
    assert (o == 0).all() and np.isneginf(lse).all()


@pytest.mark.parametrize("value", [np.nan, np.inf], ids=str)
def test_other_special_biases_spoil_their_row_only(value):
    q, k, v = random_qkv(8, M=20, N=130)
    bias = np.zeros((1, 1, 20, 130), F32)
    bias[0, 0, 4, 77] = value
    bias[0, 0, 9, 99] = value
    o, _ = check_sdpa(q, k, v, bias=bias, mask=m.cols(90))
    assert np.isnan(o[:, :, 4]).all() and np.isfinite(o[:, :, 9]).all()


@pytest.mark.parametrize("dtype", [F16, BF16, F32], ids=lambda dtype: np.dtype(dtype).name)
def test_large_scores(dtype):
    """Scores of +-1e4, which overflow f16 as products, decide by themselves.

    In f32 each is one product: at 1e4 a sum of several has no digits left for
    ties, whichever way log2(e) is brought in.
    """
    rng = np.random.default_rng(9)
    D = 1 if dtype == F32 else 8
    q, k, v = random_qkv(9, dtype, M=33, N=65, D=D)
    q[:] = rng.choice([-32.0, 32.0], q.shape) * (8 / D)
    k[:] = rng.choice([-40.0, 40.0], k.shape)
    _, lse = check_sdpa(q, k, v, scale=1.0)
    assert lse.max() > 10000
    k[:, :, :] = 40
    q[:, :, ::2], q[:, :, 1::2] = 256 / D, -256 / D
    o, lse = check_sdpa(q, k, v, scale=1.0)
    assert lse.min() < -10000 < 10000 < lse.max() and np.isfinite(np.asarray(o, F32)).all()


def test_scores_that_grow_and_fall():
    """The running maximum changes in every block, up and down."""
    q, k, v = random_qkv(10, M=9, N=1000, D=8)
    q[:] = 1
    for slope in (0.03, -0.03):
        k[:] = (slope * np.arange(1000))[:, None] / 8
        check_sdpa(q, k, v, scale=1.0)


@TYPES
def test_default_scale(dtype):
    q, k, v = random_qkv(11, dtype)
    o, _ = check_sdpa(q, k, v)
    assert_sdpa_close(o, q, k, v, scale=32**-0.5)


@pytest.mark.parametrize(
    "dtype, scale",
    [(F32, 1e-6), (F32, 0.1), (F32, 1.0), (F64, 0.1), (F16, 0.1), (BF16, 1.0)],
    ids=lambda value: getattr(value, "__name__", str(value)),
)
def test_scale(dtype, scale):
    check_sdpa(*random_qkv(11, dtype), scale=scale)


@pytest.mark.parametrize(
    "dtype, softcap",
    [(F32, 0.01), (F32, 1.0), (F32, 50.0), (F32, 1e4), (F64, 1.0), (F16, 1.0), (BF16, 50.0)],
    ids=lambda value: getattr(value, "__name__", str(value)),
)
def test_softcap(dtype, softcap):
    """Softcap comes before the mask: nothing of the future leaks."""
    q, k, v = random_qkv(12, dtype, M=37, N=65)
    q = q * dtype(4)
    check_sdpa(q, k, v, softcap=softcap, mask=m.causal(), align="bottom_right")


@TYPES
def test_sinks(dtype):
    q, k, v = random_qkv(13, dtype, H=4, Hk=2, M=130, N=63)
    statistics = statistics_of(dtype)
    for sinks in ([0, 1, -2, 30], [-np.inf, 0, -1000, 80]):
        sinks = np.array(sinks, statistics)
        check_sdpa(q, k, v, sinks=sinks)
        o, lse = check_sdpa(q, k, v, sinks=sinks, mask=m.causal(), align="bottom_right")
        assert (o[:, :, :67] == 0).all()
        expected = np.broadcast_to(sinks[:, None], (1, 4, 67))
        np.testing.assert_allclose(lse[:, :, :67], expected, rtol=1e-6)


@TYPES
def test_everything_at_once(dtype):
    q, k, v = random_qkv(14, dtype, B=2, H=4, Hk=2, M=70, N=150)
    rng = np.random.default_rng(14)
    check_sdpa(
        q,
        k,
        v,
        mask=m.causal() & (m.window(40, 0) | m.cols(4)) & m.lens([150, 99]),
        align="bottom_right",
        scale=0.3,
        softcap=5.0,
        bias=rng.standard_normal((2, 1, 70, 150)).astype(dtype),
        sinks=rng.standard_normal(4).astype(statistics_of(dtype)),
    )


@pytest.mark.parametrize("batch", [1, 2])
@pytest.mark.parametrize("heads", [1, 4])
@pytest.mark.parametrize("queries", [1, 67])
@pytest.mark.parametrize("keys", [1, 130])
def test_bias_forms(batch, heads, queries, keys):
    q, k, v = random_qkv(15, B=2, H=4, Hk=2, M=67, N=130)
    bias = np.random.default_rng(15).standard_normal((batch, heads, queries, keys)).astype(F32)
    check_sdpa(q, k, v, bias=bias)
    whole = np.broadcast_to(bias, (2, 4, 67, 130))
    check_sdpa(q, k, v, bias=whole, mask=m.window(50, 50), align="top_left")


@pytest.mark.parametrize("dtype", [F16, BF16], ids=lambda dtype: np.dtype(dtype).name)
def test_bias_of_its_own_type(dtype):
    q, k, v = random_qkv(16, dtype, M=7, N=65)
    bias = np.random.default_rng(16).standard_normal((1, 2, 7, 65))
    check_sdpa(q, k, v, bias=bias.astype(F32))
    check_sdpa(q, k, v, bias=bias.astype(dtype))


def test_rounding_of_results():
    """Subnormal, largest and tied values come through f16 and bf16 as they should."""
    for dtype in (F16, BF16):
        q, k, v = random_qkv(17, dtype, M=1, N=1, D=4, E=64)
        q[:], k[:] = 0, 0
        v[:] = (10.0 ** np.linspace(-9, 4.8, 64)).astype(dtype)
        np.testing.assert_array_equal(attn.sdpa(q, k, v), np.broadcast_to(v, (1, 2, 1, 64)))
        check_sdpa(q, np.repeat(k, 3, 2), np.repeat(v, 3, 2))
