"""Linear attention against float64: every decay, rule and type, on ragged lengths."""

import itertools

import array_api_strict
import numpy as np
import pytest

import attn
from attn.linear_forms import recurrent
from linear_numerics import (
    DECAYS,
    RULES,
    assert_sums_close,
    computed,
    exact_linear,
    random_linear,
    run_linear,
)
from numerics import BF16, DTYPES, F32, F64, random_qkv

TYPES = pytest.mark.parametrize("dtype", DTYPES, ids=lambda dtype: np.dtype(dtype).name)
COMBINATIONS = pytest.mark.parametrize("decay, rule", list(itertools.product(DECAYS, RULES)))
SOME_COMBINATIONS = pytest.mark.parametrize(
    "decay, rule", (("constant", "plain"), ("token", "delta"), ("channel", "beta"))
)


@COMBINATIONS
@pytest.mark.parametrize("N", (0, 1, 2, 15, 63, 64, 65, 200))
def test_lengths(decay, rule, N):
    """From no token to some chunks and a ragged one; one token is a decoding step."""
    q, k, v, clauses = random_linear(1, decay=decay, rule=rule, state=True, B=2, N=N)
    run_linear(q, k, v, **clauses)


@TYPES
@COMBINATIONS
def test_types(dtype, decay, rule):
    q, k, v, clauses = random_linear(2, dtype, decay=decay, rule=rule, state=True, N=97)
    run_linear(q, k, v, scale=0.25, **clauses)


@TYPES
@pytest.mark.parametrize("decay", DECAYS)
def test_normalised(dtype, decay):
    """The sum of weights is a column of the state."""
    for rule in ("plain", "beta"):
        q, k, v, clauses = random_linear(
            3, dtype, decay=decay, rule=rule, state=True, N=97, normalize=True
        )
        run_linear(q, k, v, feature_map="elu1", **clauses)
        run_linear(q, k, v, feature_map="elu1", scale=0.5, eps=1e-2, **clauses)


@pytest.mark.parametrize("D, E", ((1, 1), (3, 17), (24, 40), (64, 64), (100, 7), (128, 128)))
@SOME_COMBINATIONS
def test_widths(D, E, decay, rule):
    for N in (1, 70):
        q, k, v, clauses = random_linear(4, decay=decay, rule=rule, state=True, N=N, D=D, E=E)
        run_linear(q, k, v, **clauses)


@pytest.mark.parametrize("Hk, heads", ((1, 1), (1, 4), (2, 2), (2, 4)))
@pytest.mark.parametrize("decay", DECAYS)
def test_grouped_heads(Hk, heads, decay):
    """Four query heads on one state, or on four states of one key."""
    for N, rule in itertools.product((1, 70), RULES):
        q, k, v, clauses = random_linear(
            5, decay=decay, rule=rule, state=True, B=2, H=4, Hk=Hk, heads=heads, N=N
        )
        _, state = run_linear(q, k, v, **clauses)
        assert state.shape == (2, heads, 32, 32)


@COMBINATIONS
@pytest.mark.parametrize("bounds", ([0, 90], [0, 0, 5, 6, 6, 70, 90, 90], [0, 64, 90], [0, 1, 90]))
def test_documents(decay, rule, bounds):
    """Each begins with the state; empty ones begin nothing, nor are they the last."""
    q, k, v, clauses = random_linear(6, decay=decay, rule=rule, state=True, N=90)
    run_linear(q, k, v, docs=bounds, **clauses)


@COMBINATIONS
def test_states_are_handed_on(decay, rule):
    """A text in two calls is the text in one, wherever it is cut."""
    q, k, v, clauses = random_linear(7, decay=decay, rule=rule, B=2, N=100)
    exact, exact_state = exact_linear(q, k, v, **clauses)
    for cut in (1, 37, 64, 99):
        parts, state = [], None
        for begin, end in ((0, cut), (cut, 100)):
            part = {
                name: x[:, :, begin:end] if isinstance(x, np.ndarray) and x.ndim > 1 else x
                for name, x in clauses.items()
            }
            inputs = (x[:, :, begin:end] for x in (q, k, v))
            o, state = attn.linear(*inputs, state=state, return_state=True, **part)
            parts.append(o)
        for ours, theirs in ((np.concatenate(parts, 2), exact), (state, exact_state)):
            assert abs(ours - theirs).max() <= 4e-5 * abs(theirs).max()


def test_many_steps_of_decoding():
    """Token by token, the state written where it is read."""
    q, k, v, clauses = random_linear(8, decay="channel", rule="delta", N=40)
    exact, _ = exact_linear(q, k, v, **clauses)
    state = np.zeros((1, 2, 32, 32), F32)
    for t in range(40):
        q1, k1, v1 = (x[:, :, t : t + 1] for x in (q, k, v))
        part = {name: clauses[name][:, :, t : t + 1] for name in ("decay", "beta")}
        o = attn.linear(
            q1, k1, v1, causal=True, delta=True, state=state, state_out=state, **part
        )
        assert abs(o - exact[:, :, t : t + 1]).max() <= 2e-5 * abs(exact).max()


@pytest.mark.parametrize("M, N", ((1, 1), (5, 130), (130, 5), (0, 9), (9, 0)))
@pytest.mark.parametrize("dtype", (F32, BF16))
def test_without_order(M, N, dtype):
    """Every query reads the state after the last key."""
    q, k, v = random_qkv(9, dtype, B=2, H=4, Hk=2, M=M, N=N, E=24)
    run_linear(q, k, v, scale=0.1)
    run_linear(q, k, v, feature_map="elu1", normalize=True)


def poisoned(array, order):
    """`array` with other strides, amid NaN."""
    shape = tuple(array.shape[axis] for axis in order)
    buffer = np.full([2 * extent + 3 for extent in shape], np.nan, array.dtype)
    place = tuple(slice(1, 1 + 2 * extent, 2) for extent in shape)
    buffer[place] = array.transpose(order)
    return buffer[place].transpose(np.argsort(order))


@SOME_COMBINATIONS
@pytest.mark.parametrize("N", (1, 70))
def test_only_what_is_there_is_read(decay, rule, N):
    """Arrays of any strides, with NaN between their elements, before and behind them."""
    q, k, v, clauses = random_linear(10, decay=decay, rule=rule, state=True, B=2, N=N, D=20, E=12)
    q, k, v = (poisoned(x, (0, 2, 1, 3)) for x in (q, k, v))
    for name in ("decay", "beta", "state"):
        if name in clauses:
            clauses[name] = poisoned(clauses[name], range(clauses[name].ndim)[::-1])
    run_linear(q, k, v, **clauses)


def test_results_are_written_where_they_belong():
    """A last state of any strides, with nothing beside it touched."""
    q, k, v, clauses = random_linear(11, decay="token", N=30)
    buffer = np.full((1, 2, 64, 70), 7, F32)
    target = buffer[:, :, ::2, 3:67:2]
    o, state = run_linear(q, k, v, state_out=target, **clauses)
    assert state is target
    target[...] = 7
    assert (buffer == 7).all()


@pytest.mark.parametrize("decay", ("constant", "token", "channel"))
@pytest.mark.parametrize("strength", (1e-3, 5.0, 1e4))
def test_long_texts(decay, strength):
    """100,000 tokens: no exponent overflows, be the decay strong or weak."""
    q, k, v, clauses = random_linear(
        12, decay=decay, H=1, N=100_000, D=16, E=8, strength=strength
    )
    run_linear(q, k, v, **clauses)


@pytest.mark.parametrize("decay", ("constant", "token", "channel"))
@pytest.mark.parametrize("strength", (1e-6, 1e-5, 1e-4))
def test_decays_of_next_to_nothing(decay, strength):
    """The same error in the factor of every chunk would add up."""
    q, k, v, clauses = random_linear(20, decay=decay, H=1, N=100_000, D=8, E=8)
    q, k, v = abs(q), abs(k), abs(v)
    clauses["decay"][...] = -strength
    run_linear(q, k, v, **clauses)


@SOME_COMBINATIONS
@pytest.mark.parametrize("N", (7, 200))
def test_factors_of_zero(decay, rule, N):
    """A decay of -inf forgets all there is, and nothing that comes later."""
    q, k, v, clauses = random_linear(19, decay=decay, rule=rule, state=True, N=N)
    clauses["decay"].reshape(-1)[::5] = -np.inf
    o, state = attn.linear(q, k, v, return_state=True, **clauses)
    exact, exact_state = computed(recurrent, F64, q, k, v, **clauses)
    assert_sums_close(o, exact, N)
    assert_sums_close(state, exact_state, N)


def test_decays_that_are_none():
    """A kernel refuses them as well, however it is called."""
    kind, rows = "tensor<1x?xf32>", "tensor<1x?x4xf32>"
    kernel = attn.compile(
        f"func.func @f(%q: {rows}, %g: {kind}) -> {rows} {{\n"
        f"  %o = attn.linear %q, %q, %q decay(%g : {kind}) causal "
        f": ({rows}, {rows}, {rows}) -> {rows}\n  return %o : {rows}\n}}\n"
    )
    q, decay = np.ones((1, 70, 4), F32), np.zeros((1, 70), F32)
    kernel(q, decay)
    decay[0, 33], decay[0, 34] = np.nan, 0.5
    with pytest.raises(attn.ShapeError, match="decay has 2 elements above 0 or NaN"):
        kernel(q, decay)


@pytest.mark.parametrize("step", (1, 2))
@pytest.mark.parametrize("bad", (np.nan, 1e-30, np.inf))
def test_one_decay_that_is_none(bad, step):
    """The last of many is found as well, neighbours or not; those between are not looked at."""
    kind = "tensor<1x?x20xf32>"
    kernel = attn.compile(
        f"func.func @f(%q: {kind}, %g: {kind}) -> {kind} {{\n"
        f"  %o = attn.linear %q, %q, %q decay(%g : {kind}) causal "
        f": ({kind}, {kind}, {kind}) -> {kind}\n  return %o : {kind}\n}}\n"
    )
    q, buffer = np.ones((1, 37, 20), F32), np.full((1, 37, 20 * step), bad, F32)
    decay = buffer[..., ::step]
    decay[...] = -0.0
    kernel(q, decay)
    decay[0, -1, -1] = bad
    with pytest.raises(attn.ShapeError, match="decay has 1 elements above 0 or NaN"):
        kernel(q, decay)


def test_decays_that_differ_by_channel():
    """Channels that forget at once beside some that never do."""
    q, k, v, clauses = random_linear(13, decay="channel", rule="delta", N=300)
    clauses["decay"][..., ::2] = -80
    clauses["decay"][..., 1::4] = 0
    run_linear(q, k, v, **clauses)


def test_results_are_of_the_callers_library():
    """Arrays of a library with DLPack come back as its arrays."""
    q, k, v, clauses = random_linear(18, decay="channel", rule="delta", state=True, N=40)
    expected = attn.linear(q, k, v, return_state=True, **clauses)

    def foreign(x):
        return array_api_strict.asarray(x) if isinstance(x, np.ndarray) else x

    clauses = {name: foreign(x) for name, x in clauses.items()}
    clauses["docs"] = array_api_strict.asarray([0, 40])
    results = attn.linear(*map(foreign, (q, k, v)), return_state=True, **clauses)
    for ours, theirs in zip(results, expected):
        assert type(ours) is type(foreign(q))
        np.testing.assert_array_equal(np.from_dlpack(ours), theirs)


def test_threads_do_not_matter():
    """The same bits, by one thread or many."""
    q, k, v, clauses = random_linear(14, decay="token", rule="delta", B=2, H=3, N=300)
    one, four = (attn.linear(q, k, v, threads=threads, **clauses) for threads in (1, 4))
    np.testing.assert_array_equal(one, four)


def test_one_kernel_for_all_lengths():
    q, k, v, clauses = random_linear(15, decay="token", B=3, N=70, D=12)
    attn.linear(q, k, v, **clauses)
    before = attn.stats()["kernels_compiled"]
    for N in (1, 2, 69):
        parts = (x[:1, :, :N] for x in (q, k, v))
        attn.linear(*parts, decay=clauses["decay"][:1, :, :N], causal=True)
    assert attn.stats()["kernels_compiled"] == before


@pytest.mark.parametrize("dtype", (F32, F64))
def test_without_batch(dtype):
    q, k, v, clauses = random_linear(16, dtype, decay="channel", rule="delta", state=True, N=50)
    expected = attn.linear(q, k, v, **clauses)
    clauses = {n: x[0] if isinstance(x, np.ndarray) else x for n, x in clauses.items()}
    np.testing.assert_array_equal(run_linear(q[0], k[0], v[0], **clauses)[0], expected[0])


def test_not_a_number():
    """NaN in a value stays in its head, and in all of its future."""
    q, k, v, clauses = random_linear(17, decay="token", N=70)
    v[0, 1, 40] = np.nan
    o = attn.linear(q, k, v, **clauses)
    assert np.isfinite(o[0, 0]).all() and np.isnan(o[0, 1, 40:]).all()
