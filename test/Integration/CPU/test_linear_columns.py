"""States cut by columns, and documents: on more threads than states, the bits of one thread."""

import itertools

import numpy as np
import pytest

import attn
from linear_numerics import DECAYS, RULES, assert_linear_close, random_linear
from numerics import BF16, DTYPES, F32

#: What is cut by columns: the delta rule, and documents.
KINDS = pytest.mark.parametrize("kind", ("delta", "documents"))
DOCS = (0, 0, 5, 6, 6, 40)


def random_kind(seed, kind, dtype=F32, *, N, **shape):
    """Inputs of a kind, with documents whose last one ends with the text."""
    rule = "delta" if kind == "delta" else "beta"
    q, k, v, clauses = random_linear(seed, dtype, rule=rule, N=N, **shape)
    if kind == "documents":
        clauses["docs"] = [min(N, cut) for cut in DOCS] + [N, N]
    return q, k, v, clauses


def run_columns(q, k, v, **clauses):
    """Compares with float64, and one thread with some, bit by bit."""
    one = attn.linear(q, k, v, return_state=True, threads=1, **clauses)
    assert_linear_close(one[0], q, k, v, last=one[1], **clauses)
    for threads in (2, 3, 4):
        many = attn.linear(q, k, v, return_state=True, threads=threads, **clauses)
        for ours, theirs in zip(many, one):
            np.testing.assert_array_equal(ours.view(np.uint8), theirs.view(np.uint8))
    return one


@KINDS
@pytest.mark.parametrize("N", (0, 1, 17, 63, 64, 65, 200))
def test_lengths(kind, N):
    for decay in DECAYS:
        q, k, v, clauses = random_kind(1, kind, decay=decay, state=True, H=1, N=N, D=24, E=96)
        run_columns(q, k, v, **clauses)


@KINDS
@pytest.mark.parametrize("E", (33, 40, 64, 72, 100, 128, 191))
def test_widths(kind, E):
    """The last part has what is left: no whole vector, one, or a register tile and some."""
    for decay, heads in itertools.product(("token", "channel"), (1, 2)):
        q, k, v, clauses = random_kind(2, kind, decay=decay, state=True, H=heads, N=90, D=20, E=E)
        run_columns(q, k, v, **clauses)


@KINDS
@pytest.mark.parametrize("dtype", DTYPES, ids=lambda dtype: np.dtype(dtype).name)
def test_types(kind, dtype):
    for state in (False, True):
        q, k, v, clauses = random_kind(
            3, kind, dtype, decay="token", state=state, H=1, N=97, D=64, E=72
        )
        run_columns(q, k, v, scale=0.25, **clauses)


@KINDS
@pytest.mark.parametrize("Hk, heads", ((1, 1), (1, 4), (2, 2), (2, 4)))
def test_grouped_heads(kind, Hk, heads):
    """Four query heads on one state or on two, or with a state each."""
    q, k, v, clauses = random_kind(
        4, kind, decay="token", state=True, H=4, Hk=Hk, heads=heads, N=70, E=80
    )
    run_columns(q, k, v, **clauses)


@KINDS
def test_batches(kind):
    """Three states on two threads, and on four."""
    q, k, v, clauses = random_kind(5, kind, decay="channel", state=True, B=3, H=1, N=70, E=128)
    run_columns(q, k, v, **clauses)


@KINDS
@pytest.mark.parametrize("threads", (1, 2, 4))
def test_states_in_place(kind, threads):
    """Each cell reads the columns of the state that it writes, and no others."""
    q, k, v, clauses = random_kind(6, kind, decay="token", state=True, H=1, N=70, D=32, E=100)
    expected, last = attn.linear(q, k, v, return_state=True, threads=1, **clauses)
    state = clauses.pop("state").copy()
    out = attn.linear(q, k, v, state=state, state_out=state, threads=threads, **clauses)
    np.testing.assert_array_equal(out, expected)
    np.testing.assert_array_equal(state, last)


def poisoned(x):
    """`x` with other strides, amid NaN."""
    buffer = np.full([2 * n + 3 for n in x.shape], np.nan, x.dtype)
    place = tuple(slice(1, 1 + 2 * n, 2) for n in x.shape)
    buffer[place] = x
    return buffer[place]


@KINDS
@pytest.mark.parametrize("dtype", (F32, BF16), ids=("f32", "bf16"))
def test_only_what_is_there_is_read(kind, dtype):
    q, k, v, clauses = random_kind(7, kind, dtype, decay="token", state=True, H=1, N=70, E=72)
    expected = attn.linear(q, k, v, threads=1, **clauses)
    clauses = {n: poisoned(x) if isinstance(x, np.ndarray) else x for n, x in clauses.items()}
    for threads in (1, 2, 4):
        out = attn.linear(*map(poisoned, (q, k, v)), threads=threads, **clauses)
        np.testing.assert_array_equal(out.view(np.uint8), expected.view(np.uint8))


def test_columns_do_not_touch_each_other():
    """NaN in one column of the values, or of the state, stays there, in any part."""
    q, k, v, clauses = random_linear(8, rule="delta", decay="token", state=True, H=1, N=70, E=100)
    v[0, 0, 3, 40], clauses["state"][0, 0, 5, 98] = np.nan, np.nan
    others = np.delete(np.arange(100), (40, 98))
    for threads in (1, 4):
        out, state = attn.linear(q, k, v, return_state=True, threads=threads, **clauses)
        assert np.isfinite(out[..., others]).all() and np.isfinite(state[..., others]).all()
        assert np.isnan(out[0, 0, 3:, 40]).all() and np.isnan(state[..., (40, 98)]).all()


@pytest.mark.parametrize("decay", DECAYS)
@pytest.mark.parametrize("rule", (*RULES, "normalised"))
@pytest.mark.parametrize(
    "bounds", ([0, 90], [0, 0, 5, 6, 6, 70, 90, 90], [0, 16, 17, 90], [0, *range(1, 91)])
)
def test_documents_side_by_side(rule, decay, bounds):
    """Without a state that results they are cells, with the bits of one after the other."""
    normalize = rule == "normalised"
    q, k, v, clauses = random_linear(
        10,
        rule="plain" if normalize else rule,
        decay=decay,
        state=True,
        B=2,
        H=1,
        N=90,
        E=72,
        normalize=normalize,
    )
    clauses |= {"docs": bounds} | ({"feature_map": "elu1"} if normalize else {})
    expected, _ = attn.linear(q, k, v, return_state=True, threads=1, **clauses)
    for threads in (1, 2, 4):
        out = attn.linear(q, k, v, threads=threads, **clauses)
        np.testing.assert_array_equal(out, expected)
    assert_linear_close(expected, q, k, v, **clauses)


def test_no_documents():
    """No token, in empty documents; their longest one is no divisor."""
    q, k, v, clauses = random_linear(11, rule="delta", state=True, H=1, N=0, E=72)
    out = attn.linear(q, k, v, docs=[0, 0, 0], threads=4, **clauses)
    assert out.shape == (1, 1, 0, 72)


def test_positions_of_documents():
    """Features that tell positions apart are those of the text, not of the document."""
    q, k, v, clauses = random_linear(12, H=1, N=90, D=8, features=16)
    clauses["feature_map"] = attn.feature_maps.cos(90)
    out = attn.linear(q, k, v, docs=[0, 30, 90], threads=2, **clauses)
    assert_linear_close(out, q, k, v, docs=[0, 30, 90], **clauses)


def test_long_texts():
    """20,000 tokens by one head."""
    q, k, v, clauses = random_linear(9, rule="delta", decay="token", H=1, N=20_000, D=16, E=64)
    run_columns(q, k, v, **clauses)
