"""weights, merge, rope and layer against float64, and score programs written in IR."""

import numpy as np
import pytest

import attn
from attn import masks as m
from numerics import (
    BF16,
    DTYPES,
    F16,
    F32,
    F64,
    assert_close,
    assert_lse_close,
    check_sdpa,
    largest_error,
    random_qkv,
)

TYPES = pytest.mark.parametrize("dtype", DTYPES, ids=lambda dtype: np.dtype(dtype).name)


def assert_rounded(actual, exact, largest=None):
    """`actual` is `exact` up to f32's error and one rounding to its own type."""
    assert actual.shape == exact.shape
    steps = {F32: 4e-6, F64: 1e-12, F16: 2.0**-10, BF16: 2.0**-7}
    largest = np.abs(exact).max(initial=0.0) if largest is None else largest
    assert largest_error(actual, exact) <= steps[actual.dtype.type] * largest


@TYPES
def test_weights(dtype):
    q, k, _ = random_qkv(1, dtype, B=2, H=4, Hk=2, M=33, N=65)
    sinks = np.ones(4, F64 if dtype == F64 else F32)
    for clauses in (
        {},
        {"mask": m.causal(), "align": "bottom_right"},
        {"mask": ~m.causal() & m.lens([40, 0]), "align": "top_left", "softcap": 3.0},
        {"scale": 0.5, "sinks": sinks, "bias": np.full((1, 1, 33, 1), 0.25, dtype)},
    ):
        p = attn.weights(q, k, threads=2, **clauses)
        assert p.dtype == dtype
        assert_rounded(p, attn.reference.weights(q, k, **clauses), 1.0)


@pytest.mark.parametrize("M, N", [(0, 3), (3, 0), (1, 1), (64, 1000)])
def test_weights_of_other_lengths(M, N):
    q, k, _ = (x[0] for x in random_qkv(2, M=M, N=N))
    assert_rounded(attn.weights(q, k), attn.reference.weights(q, k), 1.0)


@TYPES
def test_merge(dtype):
    q, k, v = random_qkv(3, dtype, B=2, H=4, M=33, N=130)
    parts = [
        attn.sdpa(q, k[:, :, a:b], v[:, :, a:b], return_lse=True)
        for a, b in ((0, 40), (40, 40), (40, 41), (41, 130))
    ]
    o, lse = attn.merge(*parts)
    exact, exact_lse = attn.reference.merge(*parts)
    assert o.dtype == dtype
    assert_rounded(o, exact, 4.0)
    assert_lse_close(lse, exact_lse)
    if dtype in (F32, F64):
        assert_close(o, attn.reference.sdpa(q, k, v), v, 130)


def test_merge_of_nothing_and_of_one():
    q, k, v = (x[0] for x in random_qkv(4, M=7, N=9))
    nothing = attn.sdpa(q, k, v, mask=m.empty(), return_lse=True)
    something = attn.sdpa(q, k, v, return_lse=True)
    for parts in ((nothing, nothing), (nothing, something), (something,)):
        o, lse = attn.merge(*parts)
        np.testing.assert_allclose(o, parts[-1][0], atol=1e-6)
        np.testing.assert_allclose(lse, parts[-1][1], atol=1e-6)


@TYPES
@pytest.mark.parametrize("layout", ["half", "interleaved"])
@pytest.mark.parametrize("rotated", [8, 16, 24])
def test_rope(dtype, layout, rotated):
    x, _, _ = random_qkv(5, dtype, B=2, H=3, M=33, D=24)
    angles = np.arange(33)[:, None] * 100.0 ** (-np.arange(rotated // 2) / rotated)
    cos, sin = (f(angles).astype(F64 if dtype == F64 else F32) for f in (np.cos, np.sin))
    y = attn.rope(x, cos, sin, layout)
    assert y.dtype == dtype
    assert_rounded(y, attn.reference.rope(x, cos, sin, layout))
    np.testing.assert_array_equal(y[..., rotated:], x[..., rotated:])
    assert_rounded(attn.rope(x[1], cos, sin, layout), attn.reference.rope(x[1], cos, sin, layout))


@TYPES
@pytest.mark.parametrize("layout", ["half", "interleaved"])
def test_rope_of_any_strides(dtype, layout):
    """Vectors and what is left of a row; rows whose elements are no neighbours."""
    x, _, _ = random_qkv(15, dtype, B=2, H=3, M=35, D=160)
    angles = np.arange(35)[:, None] * 100.0 ** (-np.arange(74) / 74)
    cos, sin = (f(angles).astype(F64 if dtype == F64 else F32) for f in (np.cos, np.sin))
    for rows, tables in (
        (x, (cos, sin)),
        (x[..., ::2], (cos[:, ::2], sin[:, 37:])),
        (x[:, :, ::-1, ::-1], (cos[::-1], sin)),
        (x.transpose(0, 1, 3, 2)[:, :, :35, :34], (cos[:, :17], sin[:, :17])),
    ):
        y = attn.rope(rows, *tables, layout)
        assert_rounded(y, attn.reference.rope(rows, *tables, layout))



@pytest.mark.parametrize("dtype", [F32, F64], ids=["f32", "f64"])
@pytest.mark.parametrize("case", ["self", "grouped", "cross", "open", "sigmoid", "linear"])
def test_layer(dtype, case):
    rng = np.random.default_rng(6)

    def array(*shape):
        return (rng.standard_normal(shape) / shape[-2] ** 0.5).astype(dtype)

    heads, kv_heads, D, E = (4, 2, 8, 6) if case == "grouped" else (4, 4, 8, 8)
    x, context = array(2, 33, 20), array(2, 50, 12) if case == "cross" else None
    source = 12 if case == "cross" else 20
    weights = (array(20, heads * D), array(source, kv_heads * D), array(source, kv_heads * E))
    wo = None if case == "open" else array(heads * E, 10)
    clauses = {"mask": m.lens([50, 9])} if case == "cross" else {"mask": m.causal()}
    if case == "sigmoid":
        slopes = np.array([0.5, 0.25, 0.125, 0.0], dtype)
        clauses["score"] = lambda s, b, h, i, j: 1 / (1 + attn.math.exp(slopes[h] * (i - j) - s))
    clauses["normalize"] = case not in ("sigmoid", "linear")
    arguments = dict(heads=heads, kv_heads=kv_heads, context=context, **clauses)
    y = attn.layer(x, *weights, wo, **arguments)
    assert y.dtype == dtype
    exact = attn.reference.layer(x, *weights, wo, **arguments)
    # Three products of depth 12 to 32 add their own rounding to attention's.
    assert_rounded(y, exact, 4 * np.abs(exact).max())


SCORE = """
func.func @f(%q: {t}, %k: {t}, %v: {t}, %slopes: tensor<2xf32>) -> {t} {{
  %o = attn.sdpa %q, %k, %v mask(causal) align(bottom_right)
    score(%s: f32, %b: index, %h: index, %i: index, %j: index) {{
      %d = arith.subi %i, %j : index
      %n = arith.index_cast %d : index to i32
      %f = arith.sitofp %n : i32 to f32
      %m = tensor.extract %slopes[%h] : tensor<2xf32>
      %p = arith.mulf %m, %f : f32
      %x = arith.subf %s, %p : f32
      attn.yield %x : f32
    }} : ({t}, {t}, {t}) -> {t}
  return %o : {t}
}}
"""


@pytest.mark.parametrize("M, N", [(65, 65), (7, 130), (130, 63), (1, 200), (0, 4)])
def test_score_program(M, N):
    """ALiBi as a region: its i is the absolute position."""
    kernel = attn.compile(SCORE.format(t="tensor<?x2x?x32xf32>"))
    q, k, v = random_qkv(7, B=2, M=M, N=N)
    slopes = np.array([0.25, 0.0625], F32)
    exact = attn.reference.sdpa(
        q,
        k,
        v,
        mask=m.causal(),
        align="bottom_right",
        score=lambda s, b, h, i, j: s - slopes[h] * (i - j),
    )
    assert_close(kernel(q, k, v, slopes), exact, v, N)


def test_rope_before_attention_is_shift_invariant():
    q, k, v = random_qkv(8, M=40, N=40, D=16)
    angles = np.arange(140)[:, None] * 100.0 ** (-np.arange(8) / 8)
    results = []
    for shift in (0, 100):
        tables = [f(angles[shift : shift + 40]).astype(F32) for f in (np.cos, np.sin)]
        results.append(check_sdpa(attn.rope(q, *tables), attn.rope(k, *tables), v)[0])
    np.testing.assert_allclose(*results, atol=2e-5)
