"""Linear attention in float64: three forms of one recurrence agree, and obey its laws."""

import itertools

import numpy as np
import pytest

from attn import reference
from attn.linear_forms import chunked, quadratic, recurrent
from numerics import BF16, F32, F64, random_qkv

DECAYS = ("none", "constant", "token", "channel")
#: Values as they are, values scaled, the delta rule.
RULES = ("plain", "beta", "delta")
COMBINATIONS = list(itertools.product(DECAYS, RULES))


def random_arguments(seed, decay, rule, B=2, H=2, N=37, D=5, E=4, state=True):
    """q, k, v in float64 and the other arguments of attn.linear; keys have norm 1."""
    rng = np.random.default_rng(seed)
    q, k, v = random_qkv(seed, F64, B=B, H=H, M=N, N=N, D=D, E=E)
    k /= np.linalg.norm(k, axis=-1, keepdims=True)
    shapes = {"constant": (H,), "token": (B, H, N), "channel": (B, H, N, D)}
    clauses = {"causal": True, "delta": rule == "delta"}
    if decay != "none":
        clauses["decay"] = -rng.exponential(0.3, shapes[decay])
    if rule != "plain":
        clauses["beta"] = rng.uniform(0, 1, (B, H, N))
    if state:
        clauses["state"] = rng.standard_normal((B, H, D, E))
    return q, k, v, clauses


def arguments_of_forms(q, k, v, clauses):
    """What the forms take: log factors everywhere, a state, and b for the delta rule alone."""
    g = np.zeros_like(k)
    if "decay" in clauses:
        decay = clauses["decay"]
        g = g + (decay[:, None, None] if decay.ndim == 1 else decay.reshape(*k.shape[:3], -1))
    b = clauses.get("beta")
    if b is not None and not clauses["delta"]:
        v, b = v * b[..., None], None
    return q, k, v, g, b, clauses["state"]


def assert_same(actual, expected):
    for ours, theirs in zip(actual, expected):
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-11 * max(1, abs(theirs).max()))


@pytest.mark.parametrize("decay, rule", COMBINATIONS)
def test_three_forms_agree(decay, rule):
    """The masked matrix, chunks of every kind of length, and the recurrence."""
    q, k, v, clauses = random_arguments(1, decay, rule)
    arguments = arguments_of_forms(q, k, v, clauses)
    expected = recurrent(*arguments)
    assert_same(quadratic(*arguments), expected)
    for chunk in (1, 2, 8, 16, 36, 37, 64):
        assert_same(chunked(*arguments, chunk=chunk), expected)
    assert_same(reference.linear(q, k, v, return_state=True, **clauses), expected)


@pytest.mark.parametrize("decay, rule", COMBINATIONS)
def test_three_forms_agree_on_documents(decay, rule):
    """Documents begin with the state, wherever chunks end; an empty one begins nothing."""
    q, k, v, clauses = random_arguments(2, decay, rule)
    arguments, bounds = arguments_of_forms(q, k, v, clauses), [0, 0, 5, 6, 22, 22, 37, 37]
    starts = [0, 5, 6, 22]
    expected = recurrent(*arguments, starts)
    assert_same(quadratic(*arguments, starts), expected)
    for chunk in (1, 4, 16, 64):
        assert_same(chunked(*arguments, starts, chunk), expected)
    actual = reference.linear(q, k, v, docs=bounds, return_state=True, **clauses)
    assert_same(actual, expected)
    # One document after the other, each by itself.
    for begin, end in ((0, 5), (5, 6), (6, 22), (22, 37)):
        part = tokens_of(clauses, begin, end)
        alone = reference.linear(*(x[:, :, begin:end] for x in (q, k, v)), **part)
        assert_same([actual[0][:, :, begin:end]], [alone])


def tokens_of(clauses, begin, end):
    """The clauses for some of the tokens."""
    part = dict(clauses)
    for name in ("decay", "beta"):
        if name in part and part[name].ndim > 1:
            part[name] = part[name][:, :, begin:end]
    return part


@pytest.mark.parametrize("normalize", (False, True))
@pytest.mark.parametrize("decay, rule", [c for c in COMBINATIONS if c[1] != "delta"])
def test_states_are_handed_on(decay, rule, normalize):
    """Any cut is as good as none: the state is all that the past leaves."""
    q, k, v, clauses = random_arguments(3, decay, rule, state=False)
    clauses.update(normalize=normalize, feature_map="elu1")
    expected = reference.linear(q, k, v, return_state=True, **clauses)
    for cut in (0, 1, 17, 36, 37):
        parts, state = [], None
        for begin, end in ((0, cut), (cut, 37)):
            part = tokens_of(clauses, begin, end)
            inputs = (x[:, :, begin:end] for x in (q, k, v))
            o, state = reference.linear(*inputs, state=state, return_state=True, **part)
            parts.append(o)
        assert_same((np.concatenate(parts, 2), state), expected)


def test_delta_states_are_handed_on():
    q, k, v, clauses = random_arguments(4, "channel", "delta")
    expected = reference.linear(q, k, v, return_state=True, **clauses)
    first, rest = tokens_of(clauses, 0, 20), tokens_of(clauses, 20, 37)
    o1, rest["state"] = reference.linear(
        *(x[:, :, :20] for x in (q, k, v)), return_state=True, **first
    )
    o2, state = reference.linear(*(x[:, :, 20:] for x in (q, k, v)), return_state=True, **rest)
    assert_same((np.concatenate([o1, o2], 2), state), expected)


def test_retnet():
    """A constant decay is the masked matrix of powers. arXiv:2307.08621."""
    q, k, v = random_qkv(5, F64, B=1, H=2, M=9, N=9, D=4)
    gamma = np.array([0.9, 0.5])
    i, j = np.ogrid[:9, :9]
    powers = np.where(i >= j, gamma[:, None, None] ** np.maximum(i - j, 0), 0)
    expected = (q @ k.swapaxes(-1, -2) * powers) @ v * 0.5
    actual = reference.linear(q, k, v, decay=np.log(gamma), causal=True, scale=0.5)
    assert_same([actual], [expected])


def test_delta_rule_replaces_values():
    """With beta 1 a key's value is what was written last. arXiv:2406.06484."""
    k = np.array([[[1.0, 0], [0, 1], [1, 0]]])
    v = np.array([[[1.0], [2], [3]]])
    _, state = reference.linear(
        k, k, v, beta=np.ones((1, 3)), delta=True, causal=True, return_state=True
    )
    np.testing.assert_array_equal(state, [[[3.0], [2.0]]])


def test_normalised_weights_are_a_mean():
    """Equal values come out as they are, scaled by beta; the ones of the sum are not."""
    q, k, v = random_qkv(6, F64, M=11, N=11)
    v[:] = 7
    for causal in (False, True):
        o = reference.linear(q, k, v, feature_map="exp", normalize=True, causal=causal, scale=3)
        np.testing.assert_allclose(o, 7)
    beta = np.full((1, 2, 11), 0.5)
    o = reference.linear(q, k, v, beta=beta, feature_map="exp", normalize=True, causal=True)
    np.testing.assert_allclose(o, 3.5)


def test_sums_of_nothing():
    """Where no feature is left the output is 0; eps keeps a small sum from being divided by."""
    q, k, v = (-np.ones((1, 3, 2)), np.ones((1, 3, 2)), np.ones((1, 3, 2)))
    assert (reference.linear(q, k, v, feature_map="relu", normalize=True) == 0).all()
    o = reference.linear(-q, k, v, feature_map="relu", normalize=True, eps=6.0)
    np.testing.assert_allclose(o, 0.5)


def test_not_causal_is_the_product_in_the_other_order():
    q, k, v = random_qkv(7, F64, B=2, H=4, Hk=2, M=5, N=8, D=3, E=6)
    expected = q @ np.repeat(k, 2, 1).swapaxes(-1, -2) @ np.repeat(v, 2, 1)
    assert_same([reference.linear(q, k, v)], [expected])


@pytest.mark.parametrize("heads", ((2, 2, 2), (2, 4, 2), (4, 2, 2), (2, 2, 4)))
def test_grouped_heads(heads):
    """Decay, beta and state have as many heads as k, or as q; the state follows them."""
    decay_heads, beta_heads, state_heads = heads
    q, k, v = random_qkv(8, F64, B=2, H=4, Hk=2, M=6, N=6, D=3, E=5)
    rng = np.random.default_rng(9)
    clauses = {
        "decay": -rng.exponential(1, (2, decay_heads, 6)),
        "beta": rng.uniform(0, 1, (2, beta_heads, 6)),
        "state": rng.standard_normal((2, state_heads, 3, 5)),
    }
    o, state = reference.linear(q, k, v, causal=True, return_state=True, **clauses)
    assert state.shape == (2, max(heads), 3, 5)
    repeated = {name: np.repeat(x, 4 // x.shape[1], 1) for name, x in clauses.items()}
    expected = reference.linear(
        q, np.repeat(k, 2, 1), np.repeat(v, 2, 1), causal=True, return_state=True, **repeated
    )
    assert_same((o, np.repeat(state, 4 // max(heads), 1)), expected)


@pytest.mark.parametrize("N", (0, 1))
def test_few_tokens(N):
    """No token leaves the state as it was; one is a step."""
    q, k, v, clauses = random_arguments(10, "token", "delta", N=N)
    o, state = reference.linear(q, k, v, return_state=True, **clauses)
    assert o.shape == v.shape
    if N == 0:
        np.testing.assert_array_equal(state, clauses["state"])
        return
    decayed = np.exp(clauses["decay"])[..., None] * clauses["state"]
    u = clauses["beta"][..., None] * (v - k @ decayed)
    expected = decayed + k.swapaxes(-1, -2) * u
    assert_same((o, state), (q @ expected, expected))


def test_batches_may_be_left_out():
    q, k, v, clauses = random_arguments(11, "channel", "beta", B=1)
    expected = reference.linear(q, k, v, return_state=True, **clauses)
    unbatched = {n: x[0] if isinstance(x, np.ndarray) else x for n, x in clauses.items()}
    actual = reference.linear(q[0], k[0], v[0], return_state=True, **unbatched)
    assert_same(actual, [x[0] for x in expected])


def test_the_last_state_is_written():
    q, k, v, clauses = random_arguments(12, "none", "plain")
    target = np.empty_like(clauses["state"])
    o, state = reference.linear(q, k, v, state_out=target, return_state=True, **clauses)
    np.testing.assert_array_equal(target, state)


def test_narrow_types_are_read_as_they_are():
    q, k, v = random_qkv(13, BF16, M=5, N=5)
    wide = [x.astype(F64) for x in (q, k, v)]
    actual = reference.linear(q, k, v, causal=True, decay=np.array([-1, -2], F32))
    assert actual.dtype == F64
    assert_same([actual], [reference.linear(*wide, causal=True, decay=np.array([-1.0, -2.0]))])
