"""Decoding steps of linear attention: few tokens, from one state to another or in place."""

import itertools

import ml_dtypes
import numpy as np
import pytest

import attn
from linear_numerics import assert_linear_close, exact_linear, random_linear, run_linear
from numerics import DTYPES, F32, F64

#: Rules and decays that share no code.
KINDS = (("none", "plain"), ("token", "beta"), ("constant", "delta"), ("channel", "delta"))
KINDS_OF_STEPS = pytest.mark.parametrize("decay, rule", KINDS)


def in_both_ways(q, k, v, *, state, **clauses):
    """The state to another array, then to itself: the same numbers, right ones, nothing else."""
    other = np.full_like(state, np.nan)
    kept = state.copy()
    expected = run_linear(q, k, v, state=state, state_out=other, **clauses)
    np.testing.assert_array_equal(state, kept)
    assert expected[1] is other
    o, last = attn.linear(q, k, v, state=state, state_out=state, return_state=True, **clauses)
    assert last is state
    np.testing.assert_array_equal(o, expected[0])
    np.testing.assert_array_equal(last, other)


@KINDS_OF_STEPS
@pytest.mark.parametrize("N", range(17))
def test_numbers_of_tokens(decay, rule, N):
    """From none, which leaves the state as it is, to the first that is a chunk."""
    q, k, v, clauses = random_linear(1, decay=decay, rule=rule, state=True, B=2, N=N, D=24, E=40)
    in_both_ways(q, k, v, **clauses)


@KINDS_OF_STEPS
@pytest.mark.parametrize("D, E", ((5, 1), (3, 7), (16, 17), (24, 63), (8, 300)))
def test_columns(decay, rule, D, E):
    """Widths that are no whole vectors, and wider ones than a strip."""
    for N in (1, 3):
        q, k, v, clauses = random_linear(2, decay=decay, rule=rule, state=True, N=N, D=D, E=E)
        in_both_ways(q, k, v, **clauses)


@pytest.mark.parametrize("dtype", DTYPES, ids=lambda dtype: np.dtype(dtype).name)
@KINDS_OF_STEPS
def test_types(dtype, decay, rule):
    """States are f32 for narrow types, and f64 for f64."""
    q, k, v, clauses = random_linear(3, dtype, decay=decay, rule=rule, state=True, N=4, E=21)
    assert clauses["state"].dtype == (F64 if dtype == F64 else F32)
    in_both_ways(q, k, v, **clauses)


@pytest.mark.parametrize("N", (1, 6))
@pytest.mark.parametrize("E", (15, 16, 33))
def test_column_of_sums(N, E):
    """With normalize the state is wider by one than the values."""
    q, k, v, clauses = random_linear(4, state=True, N=N, E=E, normalize=True)
    in_both_ways(q, k, v, feature_map="elu1", **clauses)


@pytest.mark.parametrize("Hk, heads", ((1, 1), (1, 4), (2, 2), (2, 4)))
@KINDS_OF_STEPS
def test_grouped_heads(Hk, heads, decay, rule):
    """All heads that read a state, while its rows are in registers."""
    q, k, v, clauses = random_linear(
        5, decay=decay, rule=rule, state=True, B=2, H=4, Hk=Hk, heads=heads, N=2, E=70
    )
    in_both_ways(q, k, v, **clauses)


@KINDS_OF_STEPS
@pytest.mark.parametrize("bounds", ([0, 9], [0, 0, 4, 9], [0, 4, 9, 9], [0, 1, 2, 9]))
def test_documents(decay, rule, bounds):
    """All begin with the state, though the last of them is written in its place."""
    q, k, v, clauses = random_linear(6, decay=decay, rule=rule, state=True, N=9, E=20)
    in_both_ways(q, k, v, docs=bounds, **clauses)


@pytest.mark.parametrize("N", (70, 5000))
@pytest.mark.parametrize("rule", ("plain", "delta"))
def test_chunks_and_parts(N, rule):
    """Long texts update a state in place as well."""
    q, k, v, clauses = random_linear(7, decay="token", rule=rule, state=True, H=1, N=N, E=24)
    in_both_ways(q, k, v, **clauses)


@KINDS_OF_STEPS
def test_states_whose_elements_are_no_neighbours(decay, rule):
    """Any strides, from and to, one by one; NaN lies between."""
    for N in (0, 1, 5):
        q, k, v, clauses = random_linear(8, decay=decay, rule=rule, state=True, N=N, D=12, E=20)
        first = clauses.pop("state")
        for from_apart, to_apart in itertools.product((False, True), repeat=2):
            buffers = [np.full((1, 2, 12, 43), np.nan, F32) for _ in range(2)]
            views = [
                buffer[..., 1:41:2] if apart else buffer[..., 1:21]
                for buffer, apart in zip(buffers, (from_apart, to_apart))
            ]
            views[0][...] = first
            run_linear(q, k, v, state=views[0], state_out=views[1], **clauses)
            views[1][...] = np.nan
            assert np.isnan(buffers[1]).all()
            attn.linear(q, k, v, state=views[0], state_out=views[0], **clauses)
            assert_linear_close(
                *(attn.linear(q, k, v, state=first, **clauses), q, k, v),
                last=views[0], state=first, **clauses,
            )


def test_two_arrays_in_turn():
    """As the guide recommends: token by token, from one array to the other and back."""
    q, k, v, clauses = random_linear(9, decay="channel", rule="delta", N=20, E=37)
    exact, exact_state = exact_linear(q, k, v, **clauses)
    states = [np.zeros((1, 2, 32, 37), F32), np.full((1, 2, 32, 37), np.nan, F32)]
    for t in range(20):
        token = (x[:, :, t : t + 1] for x in (q, k, v))
        part = {name: clauses[name][:, :, t : t + 1] for name in ("decay", "beta")}
        o = attn.linear(*token, causal=True, delta=True, state=states[0], state_out=states[1], **part)
        states.reverse()
        assert abs(o - exact[:, :, t : t + 1]).max() <= 2e-5 * abs(exact).max()
    assert abs(states[0] - exact_state).max() <= 2e-5 * abs(exact_state).max()


def test_state_that_something_else_reads():
    """Memory of the values is not written while they are read: the result is copied."""
    q, k, _, clauses = random_linear(10, state=True, N=1, D=16)
    shared = np.ascontiguousarray(clauses.pop("state")[..., :16])
    v = shared[:, :, :1]
    expected = run_linear(q, k, v.copy(), state=shared.copy(), **clauses)
    o, last = attn.linear(q, k, v, state=shared, state_out=shared, return_state=True, **clauses)
    np.testing.assert_array_equal(o, expected[0])
    np.testing.assert_array_equal(last, expected[1])


def test_other_memory_than_the_state():
    """A kernel whose state is updated in place wants one memory for both."""
    state = "tensor<1x4x4xf32>"
    rows = "tensor<1x?x4xf32>"
    kernel = attn.compile(
        f"func.func @f(%q: {rows}, %s: {state} {{attn.inplace}}) -> ({rows}, {state}) {{\n"
        f"  %o, %t = attn.linear %q, %q, %q state(%s : {state}) causal "
        f": ({rows}, {rows}, {rows}) -> ({rows}, {state})\n"
        f"  return %o, %t : {rows}, {state}\n}}\n"
    )
    q, s = np.ones((1, 1, 4), F32), np.ones((1, 4, 4), F32)
    _, last = kernel(q, s)
    assert last is s and (s == 2).all()
    frozen = s.copy()
    frozen.flags.writeable = False
    with pytest.raises(attn.ArgumentError, match="read-only"):
        kernel(q, frozen)


def test_type_without_name_in_numpy():
    """bf16 rows, an f32 state in place."""
    bf16 = ml_dtypes.bfloat16
    q, k, v, clauses = random_linear(11, bf16, decay="token", rule="delta", state=True, N=1)
    in_both_ways(q, k, v, **clauses)
