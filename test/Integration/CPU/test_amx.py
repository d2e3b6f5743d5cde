"""Attention on AMX tiles, in emulation: the IR of the real thing, with vectors for tiles.

The emulation multiplies as the instruction does, pair by pair, so these are its numbers.
"""

import re

import numpy as np
import pytest

import attn
import attn.ops
from attn import masks as m
from numerics import BF16, F8, F32, I8, assert_sdpa_close, quantised_qkv, random_qkv, slope_score
from numerics import check_sdpa as check_with_lse
from test_blocks import random_lists

EMULATED = "x86-64-v4:+emulated-amx"
#: Two panels a block, two tiles of keys: small problems have several of everything.
SCHEDULE = "#attn.schedule<query_block = 64, key_block = 64, panel = 32, rows = 32, form = amx>"
#: Pairs of lengths around tiles (16 and 32), panels (32), blocks (64).
LENGTHS = ((1, 1), (1, 33), (2, 31), (7, 64), (16, 65), (17, 32), (31, 15), (40, 130), (65, 200), (130, 63))


def flags_of_this_machine():
    with open("/proc/cpuinfo", encoding="utf-8") as cpuinfo:
        found = re.search(r"^flags\s*:(.*)$", cpuinfo.read(), re.M)
    return set(found.group(1).split()) if found else set()


def emulated_target():
    """The best target of which this machine can run the emulation."""
    if "avx512bw" in flags_of_this_machine():
        return EMULATED
    if "avx2" in flags_of_this_machine():
        return EMULATED.replace("v4", "v3")
    return pytest.skip("this machine is no x86-64-v3")


@pytest.fixture(autouse=True)
def kernels():
    """Makes attn.sdpa run on emulated tiles, in the form amx alone; the kernels it made."""
    target, made = emulated_target(), {}

    def kernel_of(text):
        if text not in made:
            cut = re.sub(r"(attn\.sdpa %q, %k, %v)", rf"\1 schedule({SCHEDULE})", text)
            assert cut != text
            made[text] = attn.compile(cut, target=target)
        return made[text]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(attn.ops, "kernel_of", kernel_of)
        yield made


def qkv(seed, **extents):
    return random_qkv(seed, BF16, **extents)


def check_sdpa(q, k, v, *, threads=2, **clauses):
    """With the log-sum-exp, which asks for exact sums and maxima, and without."""
    o, lse = check_with_lse(q, k, v, threads=threads, **clauses)
    assert_sdpa_close(attn.sdpa(q, k, v, threads=threads, **clauses), q, k, v, **clauses)
    return o, lse


@pytest.mark.parametrize("widths", [(64, 64), (128, 128), (80, 80), (100, 100), (32, 48), (1, 1), (33, 31)], ids=str)
def test_widths(widths, kernels):
    """Widths that fill tiles, and those that are padded with zeros."""
    D, E = widths
    for M, N in ((40, 130), (1, 65), (33, 31)):
        check_sdpa(*qkv(D + M, M=M, N=N, D=D, E=E))
    for kernel in kernels.values():
        assert "form = amx" in kernel.stats["schedule"]
        assert "amx.tile_mulf" not in kernel.mlir("lowered")


@pytest.mark.parametrize("lengths", LENGTHS, ids=str)
def test_lengths(lengths):
    M, N = lengths
    q, k, v = qkv(M + N, M=M, N=N, D=64)
    check_sdpa(q, k, v)
    check_sdpa(q, k, v, mask=m.causal(), align="bottom_right")
    check_sdpa(q, k, v, mask=m.causal(), align="top_left")


def test_few_queries():
    """Each number of queries up to one panel and some of the next."""
    for M in range(1, 41):
        check_sdpa(*qkv(M, H=1, M=M, N=70, D=64), mask=m.causal(), align="bottom_right")


MASKS = (
    m.window(20, 0),
    m.causal() & m.window(90, 0),
    m.near(40),
    m.lens([0, 65]),
    m.lens([130, 1]) & m.causal(),
    m.docs([0, 20, 33, 100, 130]),
    m.docs([0, 64, 130]) & m.causal(),
    m.cols(10) | m.window(5, 5),
    m.cols_last(40),
    m.rows(9) & m.cols(70),
    ~m.window(30, 30),
    m.empty(),
)


@pytest.mark.parametrize("mask", MASKS, ids=str)
def test_masks(mask):
    for M, N in ((130, 130), (37, 130)):
        check_sdpa(*qkv(M, B=2, M=M, N=N, D=64), mask=mask, align="bottom_right")


def test_lists_of_blocks():
    """Tiles within rows of blocks, which panels of queries need not divide."""
    rng = np.random.default_rng(40)
    for block in ((64, 32), (48, 40), (16, 100)):
        mask = random_lists(rng, 130, 200, block, 0.4)
        for both in (mask, mask & m.causal()):
            check_sdpa(*qkv(41, B=2, M=130, N=200, D=64), mask=both, align="bottom_right")


def test_clauses():
    """All that happens to a score between the two products, alone and together."""
    rng = np.random.default_rng(0)
    q, k, v = qkv(0, B=2, H=4, Hk=2, M=70, N=133, D=80)
    sinks = rng.standard_normal(4).astype(F32)
    bias = rng.standard_normal((2, 4, 70, 133)).astype(F32)
    check_sdpa(q, k, v, softcap=5.0)
    check_sdpa(q, k, v, sinks=sinks)
    check_sdpa(q, k, v, scale=0.3)
    check_sdpa(q, k, v, bias=bias)
    check_sdpa(q, k, v, bias=bias[:1, :, :1].astype(BF16))
    check_sdpa(q, k, v, bias=bias, softcap=3.0, sinks=sinks)
    check_sdpa(
        q, k, v, bias=bias, sinks=sinks, mask=m.causal() & m.lens([133, 40]), align="bottom_right"
    )


@pytest.mark.parametrize("types", [(I8, I8), (F8, F8), (I8, F8)], ids=["int8", "float8", "both"])
def test_eight_bits(types, kernels):
    """Rows that fill tiles and rows that do not, of keys and values as they lie and not."""
    for M, N, D, E in ((7, 1, 33, 31), (40, 130, 64, 80)):
        arrays, scales = quantised_qkv(N, types, BF16, H=4, Hk=2, M=M, N=N, D=D, E=E)
        check_sdpa(*arrays, **scales)
    check_sdpa(*arrays, mask=m.causal(), align="bottom_right", **scales)
    q, k, v = arrays
    backwards = np.ascontiguousarray(k[..., ::-1])[..., ::-1]
    expected = attn.sdpa(q, k, v, **scales)
    np.testing.assert_array_equal(attn.sdpa(q, backwards, v, **scales), expected)
    for kernel in kernels.values():
        assert "form = amx" in kernel.stats["schedule"]


def test_eight_bits_and_clauses():
    """Scales of keys go before soft cap, bias and masks, in either way to the maximum."""
    rng = np.random.default_rng(60)
    arrays, scales = quantised_qkv(60, I8, BF16, B=2, H=4, Hk=2, M=70, N=130, D=64)
    for mask in (m.window(20, 0), m.lens([0, 65]), m.docs([0, 20, 33, 130]) & m.causal(), m.empty()):
        check_sdpa(*arrays, mask=mask, align="bottom_right", **scales)
    check_sdpa(*arrays, softcap=3.0, **scales)
    check_sdpa(*arrays, scale=0.5, sinks=rng.standard_normal(4).astype(F32), **scales)
    check_sdpa(*arrays, bias=rng.standard_normal((1, 4, 70, 130)).astype(F32), **scales)


@pytest.mark.parametrize("key", [0, 1, 77, 129])
def test_scales_of_any_size(key):
    """Scales may be 0, negative, and so small or large that they have no reciprocal."""
    (q, k, v), scales = quantised_qkv(61, I8, BF16, M=40, N=130, D=64)
    for size in (0, -0.0, -1, 1e-30, 1e-38, 1e-42):
        scale = scales["value_scale"].copy()
        scale[..., key] *= size
        check_sdpa(q, k, v, key_scale=scales["key_scale"], value_scale=scale)
        check_sdpa(q, k, v, key_scale=scale, value_scale=scales["value_scale"])
    for size in (1e-28, 1e30):
        scale = scales["value_scale"] * F32(size)
        check_sdpa(q, k, v, key_scale=scales["key_scale"], value_scale=scale)


def test_scales_of_floats():
    """Rows of bf16 have scales as well, and are copied only if those of values do."""
    q, k, v = qkv(62, M=40, N=130, D=64)
    scales = np.random.default_rng(62).standard_normal((2, *k.shape[:-1])).astype(F32)
    scales[..., ::7] = 0
    for clauses in ({"key_scale": scales[0]}, {"value_scale": scales[1]}):
        check_sdpa(q, k, v, **clauses)
    check_sdpa(q, k, k, key_scale=scales[0], value_scale=scales[1])


def test_poison_beyond_the_scales():
    """Scales and rows beyond the filled part of a cache may be anything."""
    lengths = [0, 65, 129]
    arrays, scales = quantised_qkv(63, (I8, F8), BF16, B=3, M=40, N=130, D=64)
    clean = attn.sdpa(*arrays, mask=m.lens(lengths), **scales)
    for b, length in enumerate(lengths):
        for scale in scales.values():
            scale[b, :, length:] = np.nan
        for x in arrays[1:]:
            x.view(np.uint8)[b, :, length:] = 0x7F
    np.testing.assert_array_equal(attn.sdpa(*arrays, mask=m.lens(lengths), **scales), clean)


@pytest.mark.parametrize(
    "name, poison", [("key_scale", np.nan), ("value_scale", np.nan), ("value_scale", np.inf)]
)
def test_a_bad_scale_spoils_the_rows_that_keep_its_key(name, poison):
    """Infinite rows stay infinite; in two parts of a weight they are no numbers."""
    (q, k, v), scales = quantised_qkv(64, I8, BF16, H=1, M=40, N=130, D=64)
    scales[name][0, 0, 100] = poison
    assert np.isfinite(attn.sdpa(q, k, v, mask=m.cols(64), **scales)).all()
    o = attn.sdpa(q, k, v, mask=m.cols(101), **scales)
    assert_sdpa_close(o, q, k, v, mask=m.cols(101), **scales)
    o, _ = attn.sdpa(q, k, v, mask=m.cols(101), return_lse=True, **scales)
    assert not np.isfinite(o.astype(F32)).any()


def test_score_program():
    """A program reads buffers by lane, and the mask comes after it."""
    t = "tensor<2x?x64xbf16>"
    kernel = attn.ops.kernel_of(
        f"func.func @f(%q: {t}, %k: {t}, %v: {t}, %slopes: tensor<2xf32>) -> {t} {{\n"
        f"  %o = attn.sdpa %q, %k, %v mask(causal) align(top_left)\n"
        f"    {slope_score(2)}\n"
        f"    : ({t}, {t}, {t}) -> {t}\n"
        f"  return %o : {t}\n}}\n"
    )
    slopes = np.array([0.1, 0.7], F32)
    q, k, v = (x[0] for x in qkv(2, M=70, N=70, D=64))
    distance = (np.arange(70)[None, :] - np.arange(70)[:, None]).astype(F32)
    bias = slopes[:, None, None] * distance
    o = kernel(q, k, v, slopes)
    assert_sdpa_close(o, q, k, v, bias=bias, mask=m.causal(), align="top_left")


def test_strides():
    """Rows that are not contiguous are copied, and those that are far apart are not."""
    q, k, v = qkv(3, B=1, M=70, N=130, D=64)
    apart = np.ascontiguousarray(np.swapaxes(k, 1, 2)).swapaxes(1, 2)
    across = np.ascontiguousarray(np.swapaxes(v, 2, 3)).swapaxes(2, 3)
    o, _ = check_sdpa(q, k, v)
    for keys in (k, apart, np.ascontiguousarray(k[..., ::-1])[..., ::-1]):
        for values in (v, across):
            strided, _ = check_sdpa(q, keys, values)
            np.testing.assert_array_equal(strided, o)


@pytest.mark.parametrize("poison", [np.nan, np.inf], ids=str)
def test_poison_beyond_lens(poison):
    """Tiles reach beyond the last valid key; what lies there does not matter."""
    q, k, v = qkv(4, B=4, M=40, N=130, D=64)
    lengths = [0, 1, 65, 129]
    clean, _ = check_sdpa(q, k, v, mask=m.lens(lengths))
    for b, length in enumerate(lengths):
        k[b, :, length:] = poison
        v[b, :, length:] = poison
    poisoned, _ = check_sdpa(q, k, v, mask=m.lens(lengths))
    np.testing.assert_array_equal(poisoned, clean)


@pytest.mark.parametrize("keys", [1, 15, 16, 31, 33, 63, 64, 65, 127])
def test_poison_behind_the_arrays(keys):
    """Keys, values and queries are the middle of arrays of NaN, lengths ragged to every tile."""
    q, k, v = qkv(5, M=100, N=400, D=80)
    q[:, :, 40:] = np.nan
    outside = np.ones(400, bool)
    outside[100 : 100 + keys] = False
    k[:, :, outside] = np.nan
    v[:, :, outside] = np.nan
    check_sdpa(q[:, :, :40], k[:, :, 100 : 100 + keys], v[:, :, 100 : 100 + keys])


def test_poison_before_a_window():
    """Keys before the window of every query of a block share tiles with keys in it."""
    q, k, v = qkv(6, M=16, N=300, D=64)
    k[:, :, :250] = np.nan
    v[:, :, :250] = np.nan
    check_sdpa(q, k, v, mask=m.causal() & m.window(30, 0), align="bottom_right")


def test_one_bad_query_spoils_its_row_only():
    q, k, v = qkv(7, M=65, N=65, D=64)
    q[0, 1, 17] = np.nan
    o, lse = check_sdpa(q, k, v)
    assert np.isnan(np.asarray(o, F32)[0, 1, 17]).all() and np.isnan(lse).sum() == 1


def test_large_scores():
    """Maxima that grow from block to block, far apart: sums are rescaled, nothing overflows."""
    q, k, v = qkv(8, M=40, N=300, D=64)
    k = (np.asarray(k, F32) * np.linspace(1, 60, 300, dtype=F32)[:, None]).astype(BF16)
    check_sdpa(q, k, v)


@pytest.mark.parametrize("powers", [[0, 12, 24, 36], [0, 7, 14, 21], [40, 0, 41, 60], [0, 0, 200, 0]], ids=str)
def test_leaps(powers):
    """Scores that exceed those of all blocks before by this many powers of two: weights
    are computed with the old maximum first, and again where they came out large."""
    q, k, v = qkv(10, H=1, M=33, N=64 * len(powers), D=64)
    q[..., 0], k[..., 0] = 8, np.repeat(powers, 64) / np.log2(np.e)
    assert_sdpa_close(attn.sdpa(q, k, v), q, k, v)
    assert_sdpa_close(attn.sdpa(q, k, v, softcap=400.0), q, k, v, softcap=400.0)


def test_one_key_that_counts():
    """A weight that is all of its row is no rounding error, whatever the maximum before."""
    q, k, v = qkv(11, H=1, M=40, N=128, D=64)
    q[...], k[...] = 1, 0
    # The score, 0.125 times the sum of the row, is 6.6 in natural units; the maximum is 0.
    k[:, :, 100] = 0.825
    v[:, :, :100], v[:, :, 101:] = 0, 0
    o = np.asarray(attn.sdpa(q, k, v), F32)
    share = 1 / (1 + 127 * np.exp(-64 * 0.125 * float(k[0, 0, 100, 0])))
    np.testing.assert_allclose(o, np.broadcast_to(share * np.asarray(v, F32)[:, :, 100:101], o.shape), rtol=2**-8)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_scores_that_are_no_numbers(bad):
    """NaN and +inf among the scores make their rows NaN, in whatever block; -inf hides a key."""
    for key in (3, 70, 129):
        q, k, v = qkv(12, H=1, M=33, N=130, D=64)
        q[..., 0] = np.linspace(1, 2, 33).astype(BF16)
        k[:, :, key, 0] = bad
        o, lse = attn.sdpa(q, k, v), attn.sdpa(q, k, v, return_lse=True)[1]
        if bad == -np.inf:
            hidden = np.delete(np.arange(130), key)
            assert_sdpa_close(o, q, k[:, :, hidden], v[:, :, hidden])
        else:
            assert np.isnan(np.asarray(o, F32)).all() and np.isnan(lse).all()


def test_threads():
    """The same bits on any number of threads."""
    q, k, v = qkv(9, H=4, M=200, N=200, D=64)
    one, _ = check_sdpa(q, k, v, threads=1)
    two, _ = check_sdpa(q, k, v, threads=2)
    np.testing.assert_array_equal(one, two)


@pytest.mark.skipif(
    not {"amx_tile", "amx_bf16"} <= flags_of_this_machine(), reason="this machine has no AMX"
)
@pytest.mark.parametrize("widths", [(64, 64), (128, 128), (80, 100)], ids=str)
def test_the_real_thing(widths, monkeypatch):
    """On a machine with AMX: the same cases, on tiles, by the schedule that is chosen there."""
    D, E = widths
    made = []

    def kernel_of(text):
        made.append(attn.compile(text))
        return made[-1]

    monkeypatch.setattr(attn.ops, "kernel_of", kernel_of)
    for M, N in ((64, 64), (100, 333), (600, 257)):
        q, k, v = qkv(M, B=2, M=M, N=N, D=D, E=E)
        check_sdpa(q, k, v)
        check_sdpa(q, k, v, mask=m.causal() & m.lens([N, N // 2]), align="bottom_right")
    assert all("form = amx" in kernel.stats["schedule"] for kernel in made)
