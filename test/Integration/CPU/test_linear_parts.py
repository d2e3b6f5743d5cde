"""Linear attention by parts of its tokens: cut anywhere, it is what it is uncut."""

import itertools

import numpy as np
import pytest

import attn
from attn.linear_forms import recurrent
from linear_numerics import (
    DECAYS,
    RULES,
    assert_linear_close,
    assert_sums_close,
    computed,
    random_linear,
)
from numerics import BF16, F32, F64, random_qkv

#: Parts of two chunks: a few tokens are one part, and 200 of them a ragged seventh one.
SCHEDULE = "query_block = 16, key_block = 16, panel = 16, rows = 6, form = chunk, split = 32"
NAMES = {np.dtype(F32): "f32", np.dtype(F64): "f64", np.dtype(BF16): "bf16"}


def type_of(array, *, dynamic=(0, 2)):
    """The type of an array whose batch and tokens a run tells, as far as it has them."""
    extents = ("?" if axis in dynamic else str(n) for axis, n in enumerate(array.shape))
    return f"tensor<{'x'.join((*extents, NAMES[array.dtype]))}>"


def in_parts(
    q, k, v, *, threads=2, schedule=SCHEDULE, normalize=False, eps=None, scale=None, **clauses
):
    """attn.linear by a schedule, with normalize of features that are as they come."""
    causal, delta = (clauses.pop(name, False) for name in ("causal", "delta"))
    inputs = {"q": q, "k": k, "v": v, **clauses}
    dynamic = {"state": (0,)}
    types = {
        name: type_of(x, dynamic=() if x.ndim == 1 else dynamic.get(name, (0, 2)))
        for name, x in inputs.items()
    }
    out = np.empty((*q.shape[:-1], v.shape[-1]), q.dtype)
    results = [type_of(out)]
    if causal:
        wide = F64 if q.dtype == F64 else F32
        heads = max(x.shape[x.ndim > 1] for x in (k, *clauses.values()))
        shape = (q.shape[0], heads, q.shape[-1], v.shape[-1] + normalize)
        results.append(type_of(np.empty(shape, wide), dynamic=(0,)))
    words = [f"{name}(%{name} : {types[name]})" for name in clauses]
    words += ["causal"] * causal + ["delta"] * delta + ["normalize"] * normalize
    words += [f"eps({eps:e})"] if eps is not None else []
    words += [f"scale({scale:e})"] if scale is not None else []
    names = ", ".join(f"%r{i}" for i in range(len(results)))
    kinds = ", ".join(results)
    arrow = f"({kinds})" if causal else kinds
    kernel = attn.compile(
        f"func.func @f({', '.join(f'%{n}: {t}' for n, t in types.items())}) "
        f"-> ({kinds}) {{\n"
        f"  {names} = attn.linear %q, %k, %v {' '.join(words)} "
        f"schedule(#attn.schedule<{schedule}>)\n"
        f"    : ({types['q']}, {types['k']}, {types['v']}) -> {arrow}\n"
        f"  return {names} : {kinds}\n}}\n"
    )
    return kernel(*inputs.values(), threads=threads)


def run_parts(q, k, v, **clauses):
    """Compares with float64, and one thread with two, bit by bit."""
    results = in_parts(q, k, v, **clauses)
    again = in_parts(q, k, v, threads=1, **clauses)
    if not clauses.get("causal"):
        results, again = (results,), (again,)
    for ours, other in zip(results, again):
        np.testing.assert_array_equal(ours.view(np.uint8), other.view(np.uint8))
    assert_linear_close(results[0], q, k, v, *results[1:], **clauses)
    return results


@pytest.mark.parametrize("decay", DECAYS)
@pytest.mark.parametrize("N", (0, 1, 31, 32, 33, 64, 200))
def test_lengths(decay, N):
    """No token is a part, the state goes through it; then some, and a ragged last one."""
    for rule in ("plain", "beta"):
        q, k, v, clauses = random_linear(1, decay=decay, rule=rule, state=True, B=2, N=N)
        run_parts(q, k, v, **clauses)


@pytest.mark.parametrize("decay", DECAYS)
@pytest.mark.parametrize("chunk", (32, 48, 64))
def test_chunks(decay, chunk):
    """Longer chunks than are chosen: tokens see those of earlier blocks of channels that decay."""
    schedule = f"query_block = {chunk}, key_block = {chunk}, panel = 16, rows = 6, form = chunk"
    for rule, N in itertools.product(RULES, (chunk - 17, 200)):
        q, k, v, clauses = random_linear(11, decay=decay, rule=rule, state=True, N=N, D=40, E=24)
        out, state = in_parts(q, k, v, schedule=schedule, **clauses)
        assert_linear_close(out, q, k, v, state, **clauses)


@pytest.mark.parametrize("decay", DECAYS)
@pytest.mark.parametrize("dtype", (F32, F64, BF16), ids=("f32", "f64", "bf16"))
def test_types(decay, dtype):
    """With and without a first state, and a state whose width is no whole panel."""
    for state in (False, True):
        q, k, v, clauses = random_linear(2, dtype, decay=decay, state=state, N=100, D=20, E=12)
        run_parts(q, k, v, scale=0.25, **clauses)


@pytest.mark.parametrize("decay", DECAYS)
@pytest.mark.parametrize("eps", (0.0, 1e-2))
def test_normalised(decay, eps):
    """The sum of weights is a column of the state of each part."""
    q, k, v, clauses = random_linear(3, decay=decay, state=True, N=100, normalize=True)
    q, k = abs(q), abs(k)
    run_parts(q, k, v, eps=eps, **clauses)


@pytest.mark.parametrize("Hk, heads", ((1, 1), (1, 4), (2, 2), (2, 4)))
@pytest.mark.parametrize("decay", DECAYS)
def test_grouped_heads(Hk, heads, decay):
    """Four query heads on one state, or on four states of one key."""
    q, k, v, clauses = random_linear(
        4, decay=decay, rule="beta", state=True, B=2, H=4, Hk=Hk, heads=heads, N=70
    )
    run_parts(q, k, v, **clauses)


@pytest.mark.parametrize("M, N", ((1, 1), (5, 130), (130, 5), (0, 40), (40, 0), (70, 64)))
@pytest.mark.parametrize("dtype", (F32, BF16), ids=("f32", "bf16"))
def test_without_order(M, N, dtype):
    """Sums of parts, their sum, and rows that read it part by part."""
    q, k, v = random_qkv(5, dtype, B=2, H=4, Hk=2, M=M, N=N, E=24)
    run_parts(q, k, v, scale=0.1)
    run_parts(abs(q), abs(k), v, normalize=True, eps=0.0)


@pytest.mark.parametrize("decay", DECAYS[1:])
@pytest.mark.parametrize("strength", (1e-3, 5.0, 1e4))
def test_decays_of_any_strength(decay, strength):
    """Sums of a part's decays neither overflow nor lose what is left of a state."""
    q, k, v, clauses = random_linear(6, decay=decay, state=True, N=2000, strength=strength)
    run_parts(q, k, v, **clauses)


@pytest.mark.parametrize("decay", DECAYS[1:])
def test_factors_of_zero(decay):
    """A decay of -inf forgets the parts before, and nothing that comes later."""
    q, k, v, clauses = random_linear(7, decay=decay, state=True, N=100)
    clauses["decay"].reshape(-1)[::61] = -np.inf
    exact = computed(recurrent, F64, q, k, v, **clauses)
    for ours, theirs in zip(in_parts(q, k, v, **clauses), exact):
        assert_sums_close(ours, theirs, 100)


@pytest.mark.parametrize("decay", DECAYS)
def test_only_what_is_there_is_read(decay):
    """NaN behind the last token and beside every array; no part sees later ones."""
    q, k, v, clauses = random_linear(8, decay=decay, rule="beta", state=True, B=2, N=70, D=20)
    exact = in_parts(q, k, v, **clauses)

    def poisoned(x):
        buffer = np.full([n + 5 for n in x.shape], np.nan, x.dtype)
        place = tuple(slice(2, 2 + n) for n in x.shape)
        buffer[place] = x
        return buffer[place]

    clauses = {n: poisoned(x) if isinstance(x, np.ndarray) else x for n, x in clauses.items()}
    for ours, theirs in zip(in_parts(*map(poisoned, (q, k, v)), **clauses), exact):
        np.testing.assert_array_equal(ours, theirs)
    v[0, 0, 40] = np.nan
    out, state = in_parts(q, k, v, **clauses)
    # Within a chunk, rows before it are multiplied along.
    assert np.isfinite(out[0, 0, :32]).all() and np.isnan(out[0, 0, 40:]).all()
    assert np.isnan(state[0, 0]).all() and np.isfinite(out[0, 1]).all()


def test_few_heads_are_cut_by_themselves():
    """One head over 9000 tokens: three parts, on any number of threads the same bits."""
    q, k, v, clauses = random_linear(9, decay="token", H=1, N=9000, D=16, strength=1e-3)
    one, four = (attn.linear(q, k, v, threads=threads, **clauses) for threads in (1, 4))
    np.testing.assert_array_equal(one, four)
    assert_linear_close(one, q, k, v, **clauses)


def test_positions_go_on_in_later_parts():
    """Features that tell positions apart are those of the text, not of the part."""
    q, k, v, clauses = random_linear(10, H=1, N=9000, D=8, features=16)
    feature_map = attn.feature_maps.cos(9000)
    out = attn.linear(q, k, v, feature_map=feature_map, **clauses)
    assert_linear_close(out, q, k, v, feature_map=feature_map, **clauses)
