"""What linear attention must agree with, and how closely: one place for every test.

Bounds, each against float64 of the same (rounded) inputs, tokens counted up to 1024:
  f32        max|o - o64| <= 2e-5 max|o64|, times sqrt(N / 1024) above 1k tokens
  f16, bf16  at most twice the error of the recurrence in f32, rounded once at the end
  f64        max|o - o64| <= 1e-12 max|o64|
  state      as f32 (f64), whatever the type of q
"""

import math

import numpy as np

import attn
from attn.linear_checks import LinearClauses, check_linear
from attn.linear_forms import chunked, recurrent
from attn.reference_linear import finished, prepared, starts_of
from numerics import F32, F64, assert_special_values_match, largest_error, random_qkv

DECAYS = ("none", "constant", "token", "channel")
#: Values as they are, values scaled, the delta rule.
RULES = ("plain", "beta", "delta")


def random_linear(
    seed,
    dtype=F32,
    *,
    decay="none",
    rule="plain",
    state=False,
    B=1,
    H=2,
    Hk=None,
    heads=None,
    N=65,
    D=32,
    E=None,
    features=None,
    strength=0.1,
    normalize=False,
):
    """q, k, v with keys of norm 1, and the other arguments of a causal attn.linear.

    Decay, beta and state have `heads` heads, Hk if None; rows have `features` features.
    """
    rng = np.random.default_rng(seed)
    q, k, v = random_qkv(seed, F64, B=B, H=H, Hk=Hk, M=N, N=N, D=D, E=E)
    k /= np.linalg.norm(k, axis=-1, keepdims=True)
    heads, E, features = heads or Hk or H, v.shape[-1], features or D
    wide = F64 if dtype == F64 else F32
    shapes = {"constant": (heads,), "token": (B, heads, N), "channel": (B, heads, N, features)}
    clauses = {"causal": True, "delta": rule == "delta", "normalize": normalize}
    if decay != "none":
        clauses["decay"] = -rng.exponential(strength, shapes[decay]).astype(wide)
    if rule != "plain":
        clauses["beta"] = rng.uniform(0, 1, (B, heads, N)).astype(wide)
    if state:
        clauses["state"] = rng.uniform(0.1, 1, (B, heads, features, E + normalize)).astype(wide)
    return *(x.astype(dtype) for x in (q, k, v)), clauses


def computed(form, dtype, q, k, v, **clauses):
    """attn.linear by a form of `linear_forms`, in a type; o and, where there is one, the state."""
    linear = check_linear(q, k, v, LinearClauses(**clauses))
    arrays = (clauses.get(name) for name in ("decay", "beta", "state"))
    q, k, v, g, b, s = prepared(linear, q, k, v, *arrays, dtype)
    with np.errstate(all="ignore"):
        if linear.causal:
            o, last = form(q, k, v, g, b, s, starts_of(linear, clauses.get("docs")))
        else:
            last = k.swapaxes(-1, -2) @ v
            o = q @ last
    return finished(linear, o, last)


def exact_linear(*inputs, **clauses):
    """attn.linear in float64, chunk by chunk."""

    def in_chunks(*arguments):
        return chunked(*arguments, chunk=32)

    return computed(in_chunks, F64, *inputs, **clauses)


def assert_sums_close(actual, exact, tokens):
    """Numbers of f32 or f64 are as close as sums of so many tokens may be."""
    assert actual.shape == exact.shape
    assert_special_values_match(np.asarray(actual, F64), exact)
    largest = np.abs(exact[np.isfinite(exact)]).max(initial=0.0)
    relative = 1e-12 if actual.dtype == F64 else 2e-5 * math.sqrt(max(tokens / 1024, 1.0))
    error = largest_error(actual, exact)
    assert error <= relative * largest, f"error {error:.2e}, largest number {largest:.2e}"


def assert_linear_close(o, q, k, v, last=None, **clauses):
    """A result of attn.linear agrees with float64, and so does the last state if it is given."""
    exact, exact_last = exact_linear(q, k, v, **clauses)
    assert o.dtype == q.dtype
    if q.dtype in (F32, F64):
        assert_sums_close(o, exact, k.shape[-2])
    else:
        assert o.shape == exact.shape
        assert_special_values_match(np.asarray(o, F64), exact)
        error = largest_error(o, exact)
        same_type, _ = computed(recurrent, F32, q, k, v, **clauses)
        allowed = 2 * largest_error(same_type.astype(q.dtype), exact)
        assert error <= allowed, f"error {error:.2e}, allowed {allowed:.2e}"
    if last is not None:
        assert last.dtype == (F64 if q.dtype == F64 else F32)
        assert_sums_close(last, exact_last, k.shape[-2])


def run_linear(q, k, v, *, threads=2, **clauses):
    """Runs attn.linear, compares it with float64, and returns o, or o and the state if causal."""
    state = None
    # The state may be written by the call.
    before = {n: x.copy() if isinstance(x, np.ndarray) else x for n, x in clauses.items()}
    if clauses.get("causal"):
        o, state = attn.linear(q, k, v, return_state=True, threads=threads, **clauses)
    else:
        o = attn.linear(q, k, v, threads=threads, **clauses)
    before.pop("state_out", None)
    expected_state = before.pop("state", None)
    assert_linear_close(o, q, k, v, last=state, state=expected_state, **before)
    return o if state is None else (o, state)
