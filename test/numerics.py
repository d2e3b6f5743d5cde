"""What numbers must agree with, and how closely: one place for every test.

Bounds, each against float64 of the same (rounded) inputs:
  f32        max|o - o64| <= 4e-6 max|v|, times sqrt(N / 1024) above 1k keys
  f16, bf16  at most twice the error of a straightforward implementation of the
             same type (f32 accumulation, rounded once at the end)
  f64        max|o - o64| <= 1e-12 max|v|
  normalize  without softmax, sum |s| of the row instead of 1 in front of max|v|
  lse        |l - l64| <= 1e-5 (1 + |l64|)  (1e-12 for f64)
Where float64 has NaN or an infinity, the result must have the same.
"""

import math

import ml_dtypes
import numpy as np

import attn

F32, F64, F16 = np.float32, np.float64, np.float16
BF16 = ml_dtypes.bfloat16
F8, I8 = ml_dtypes.float8_e4m3fn, np.int8
DTYPES = (F32, F64, F16, BF16)
LENGTHS = (1, 2, 7, 63, 64, 65, 1000)


def random_qkv(seed, dtype=F32, *, B=1, H=2, Hk=None, M=65, N=65, D=32, E=None):
    """Normal q, k, v with a batch; Hk is H and E is D if not given."""
    rng = np.random.default_rng(seed)
    Hk, E = Hk or H, E or D
    shapes = ((B, H, M, D), (B, Hk, N, D), (B, Hk, N, E))
    return tuple(rng.standard_normal(shape).astype(dtype) for shape in shapes)


def quantised_qkv(seed, eight, dtype=F32, **extents):
    """q, k, v with k and v in eight bits, of one type or of two, and the clauses with their scales."""
    key_type, value_type = eight if isinstance(eight, tuple) else (eight, eight)
    q, k, v = random_qkv(seed, dtype, **extents)
    (k, key_scale), (v, value_scale) = attn.quantize(k, key_type), attn.quantize(v, value_type)
    return (q, k, v), {"key_scale": key_scale, "value_scale": value_scale}


def dequantised(x, scale):
    """What the elements of x count as, in float64."""
    x = np.asarray(x, F64)
    with np.errstate(all="ignore"):
        return x if scale is None else x * np.asarray(scale, F64)[..., None]


def same_type(
    q,
    k,
    v,
    *,
    mask=None,
    align=None,
    scale=None,
    softcap=None,
    bias=None,
    sinks=None,
    key_scale=None,
    value_scale=None,
    score=None,
    normalize=True,
):
    """Attention as a plain implementation in the type of q does it: f32, rounded at the end."""
    dtype = q.dtype
    k, v = dequantised(k, key_scale), dequantised(v, value_scale)
    q, k, v = (np.asarray(x, F32) for x in (q, k, v))
    batched = q.ndim == 4
    if not batched:
        q, k, v = q[None], k[None], v[None]
    group = q.shape[1] // k.shape[1]
    k, v = np.repeat(k, group, 1), np.repeat(v, group, 1)
    (B, _, M, D), N = q.shape, k.shape[2]
    kept = np.ones((B, 1, M, N), bool)
    if mask is not None:
        heads = q.shape[1] if mask.uses_head else 1
        pairs = [mask.materialize(M, N, b, h, align) for b in range(B) for h in range(heads)]
        kept = np.array(pairs).reshape(B, heads, M, N)
    with np.errstate(all="ignore"):
        s = q @ k.swapaxes(-1, -2) * F32(D**-0.5 if scale is None else scale)
        if score is not None:
            b, h, i, j = np.ogrid[: len(q), : q.shape[1], :M, :N]
            offset = N - M if align == "bottom_right" else 0
            s = np.asarray(score(s, b, h, i + offset, j), F32)
        if softcap is not None:
            s = F32(softcap) * np.tanh(s / F32(softcap))
        if bias is not None:
            s = s + np.asarray(bias, F32)
        if not normalize:
            o = np.where(kept, s, F32(0)) @ np.where(kept.any(-2)[..., None], v, F32(0))
            return (o if batched else o[0]).astype(dtype)
        s = np.where(kept, s, F32(-np.inf))
        highest = s.max(-1, keepdims=True, initial=-np.inf)
        sink = None if sinks is None else np.asarray(sinks, F32)[None, :, None, None]
        if sink is not None:
            highest = np.maximum(highest, sink)
        highest = np.where(np.isneginf(highest), F32(0), highest)
        p = np.exp(s - highest)
        total = p.sum(-1, keepdims=True, dtype=F32)
        if sink is not None:
            total = total + np.exp(sink - highest)
        v = np.where(kept.any(-2)[..., None], v, F32(0))
        o = np.where(total == 0, F32(0), p @ v / np.where(total == 0, F32(1), total))
    return (o if batched else o[0]).astype(dtype)


def assert_special_values_match(actual, exact):
    """NaNs and infinities stand in the same places."""
    np.testing.assert_array_equal(np.isnan(actual), np.isnan(exact))
    for infinite in (np.isposinf, np.isneginf):
        np.testing.assert_array_equal(infinite(actual), infinite(exact))


def largest_error(actual, exact):
    """The largest difference where `exact` is finite."""
    finite = np.isfinite(exact)
    difference = np.abs(np.asarray(actual, F64)[finite] - exact[finite])
    return difference.max(initial=0.0)


def tolerance(dtype, values, keys):
    """The error an output may have in f32 or f64."""
    finite = np.abs(np.asarray(values, F64))
    largest = finite[np.isfinite(finite)].max(initial=0.0)
    if np.dtype(dtype) == F64:
        return 1e-12 * largest
    return 4e-6 * largest * math.sqrt(max(keys / 1024, 1.0))


def assert_close(actual, exact, values, keys):
    """`actual` (f32 or f64) is within the tolerance of `exact`."""
    assert actual.shape == exact.shape
    assert_special_values_match(np.asarray(actual, F64), exact)
    error, allowed = largest_error(actual, exact), tolerance(actual.dtype, values, keys)
    assert error <= allowed, f"error {error:.2e}, allowed {allowed:.2e}"


def assert_lse_close(actual, exact):
    """A log-sum-exp is within its tolerance."""
    assert actual.shape == exact.shape
    assert_special_values_match(np.asarray(actual, F64), exact)
    finite = np.isfinite(exact)
    error = np.abs(np.asarray(actual, F64)[finite] - exact[finite])
    allowed = (1e-12 if actual.dtype == F64 else 1e-5) * (1 + np.abs(exact[finite]))
    assert (error <= allowed).all(), f"lse error {error.max():.2e}"


def assert_sdpa_close(o, q, k, v, lse=None, **clauses):
    """A result of attn.sdpa agrees with float64."""
    exact = attn.reference.sdpa(q, k, v, **clauses)
    assert o.dtype == q.dtype
    if q.dtype in (F32, F64):
        assert_close(o, exact, dequantised(v, clauses.get("value_scale")), k.shape[-2])
    else:
        assert o.shape == exact.shape
        assert_special_values_match(np.asarray(o, F64), exact)
        error = largest_error(o, exact)
        allowed = 2 * largest_error(same_type(q, k, v, **clauses), exact)
        assert error <= allowed, f"error {error:.2e}, allowed {allowed:.2e}"
    if lse is not None:
        assert lse.dtype == (F64 if q.dtype == F64 else F32)
        exact_lse = attn.reference.sdpa(q, k, v, return_lse=True, **clauses)[1]
        assert_lse_close(lse, exact_lse)


def largest_sum_of_weights(q, k, **clauses):
    """The largest sum |s| of a row, without softmax: against unit vectors o is the scores."""
    keys = k.shape[-2]
    units = np.broadcast_to(np.eye(keys, max(keys, 1)), (*k.shape[:-1], max(keys, 1)))
    clauses.pop("value_scale", None)
    s = attn.reference.sdpa(q, k, units.astype(q.dtype), normalize=False, **clauses)
    return np.abs(s[np.isfinite(s).all(-1)]).sum(-1).max(initial=0.0)


def check_unnormalized(q, k, v, *, threads=2, **clauses):
    """Runs attn.sdpa without softmax, compares it with float64, and returns the result."""
    o = attn.sdpa(q, k, v, normalize=False, threads=threads, **clauses)
    if q.dtype in (F32, F64):
        exact = attn.reference.sdpa(q, k, v, normalize=False, **clauses)
        values = dequantised(v, clauses.get("value_scale"))
        values = values * largest_sum_of_weights(q, k, **clauses)
        assert o.dtype == q.dtype
        assert_close(o, exact, values, k.shape[-2])
    else:
        assert_sdpa_close(o, q, k, v, normalize=False, **clauses)
    return o


def check_sdpa(q, k, v, *, threads=2, **clauses):
    """Runs attn.sdpa with its LSE, compares both with float64, and returns them."""
    o, lse = attn.sdpa(q, k, v, return_lse=True, threads=threads, **clauses)
    assert_sdpa_close(o, q, k, v, lse, **clauses)
    return o, lse


def slope_score(heads):
    """The clause of attn.sdpa that adds slope[h] * (j - i) to scores, from an operand %slopes."""
    return f"""score(%s: f32, %b: index, %h: index, %i: index, %j: index) {{
      %slope = tensor.extract %slopes[%h] : tensor<{heads}xf32>
      %d = arith.subi %j, %i : index
      %d32 = arith.index_cast %d : index to i32
      %df = arith.sitofp %d32 : i32 to f32
      %far = arith.mulf %slope, %df : f32
      %t = arith.addf %s, %far : f32
      attn.yield %t : f32
    }}"""
