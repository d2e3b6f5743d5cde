"""Feature maps, by themselves and within linear attention, against float64."""

import numpy as np
import pytest

import attn
from attn import feature_maps
from linear_numerics import random_linear, run_linear
from numerics import BF16, DTYPES, F16, F32, F64, largest_error, random_qkv

TYPES = pytest.mark.parametrize("dtype", DTYPES, ids=lambda dtype: np.dtype(dtype).name)
NAMES = ("relu", "elu1", "exp", "softmax", "hedgehog", "taylor2")


def every_map(N):
    """Each kind of map, for rows at positions below N."""
    yield from NAMES
    yield feature_maps.cos(N + 3)
    yield feature_maps.cos(N + 3, [0, 2])
    yield feature_maps.favor(40, seed=3)
    yield lambda x: attn.math.maximum(x, 0) * x + 0.5


@TYPES
@pytest.mark.parametrize("N", (1, 33))
def test_features(dtype, N):
    x, _, _ = random_qkv(1, dtype, B=2, H=3, M=N, N=N, D=20)
    for feature_map in every_map(N):
        for role in ("query", "key"):
            y = attn.feature_map(x, feature_map, role)
            exact = attn.reference.feature_map(x, feature_map, role)
            assert y.dtype == dtype and y.shape == exact.shape
            steps = {F32: 4e-6, F64: 1e-12, F16: 2.0**-10, BF16: 2.0**-7}
            assert largest_error(y, exact) <= steps[dtype] * abs(exact).max()


@pytest.mark.parametrize("causal", (False, True))
@pytest.mark.parametrize("dtype", (F32, BF16))
def test_within_attention(dtype, causal):
    """Features are made a tile at a time, and not rounded."""
    for N in (1, 70):
        q, k, v = random_qkv(2, dtype, B=2, H=4, Hk=2, M=N, N=N, D=20)
        for feature_map in every_map(N):
            eps = 0.0 if callable(feature_map) else None
            run_linear(q, k, v, feature_map=feature_map, normalize=True, eps=eps, causal=causal)


def test_states_of_features():
    """The state is handed on whatever the map, as keys of favor have one factor."""
    for feature_map, features in (("taylor2", 45), (feature_maps.favor(24), 24), ("hedgehog", 16)):
        q, k, v, clauses = random_linear(
            3, decay="channel", state=True, N=70, D=8, features=features, normalize=True
        )
        run_linear(q, k, v, feature_map=feature_map, **clauses)


def test_positions_of_documents_and_steps():
    """cos: a step at position 69 is the last row of 70."""
    q, k, v = random_qkv(4, N=70, M=70)
    whole, _ = run_linear(q, k, v, feature_map=feature_maps.cos(80), normalize=True, causal=True)
    _, state = attn.linear(
        *(x[:, :, :69] for x in (q, k, v)), feature_map=feature_maps.cos(80), normalize=True,
        causal=True, return_state=True,
    )  # fmt: skip
    step = attn.linear(
        *(x[:, :, 69:] for x in (q, k, v)), feature_map=feature_maps.cos(80, 69), normalize=True,
        causal=True, state=state,
    )  # fmt: skip
    assert abs(step - whole[:, :, 69:]).max() <= 4e-5 * abs(whole).max()


def test_sums_of_nothing():
    """relu of negative rows: weights are all 0, and so is the output."""
    q, k, v = random_qkv(5, N=40, M=40)
    q[:, :, ::3] = -1
    for causal in (False, True):
        o = attn.linear(q, k, v, feature_map="relu", normalize=True, causal=causal)
        assert (o[:, :, ::3] == 0).all() and np.isfinite(o).all() and (o[:, :, 1] != 0).any()


def test_sums_that_underflow():
    """What is left of the only weight has no reciprocal in f32: 0, no infinity."""
    q, k, v = (np.ones((1, 1, 60, 4), F32) for _ in range(3))
    k[:, :, 1:] = -1
    o = attn.linear(
        q, k, v, feature_map="relu", normalize=True, causal=True, decay=np.array([-1.9], F32)
    )
    assert ((o == 0) | (abs(o - 1) < 1e-5)).all()
    assert o[0, 0, 0, 0] == 1 and o[0, 0, -1, 0] == 0


def test_large_exponents_of_favor():
    """Norms far beyond what it is good for: no infinity, no NaN."""
    q, k, v = (30 * x for x in random_qkv(6, N=40, M=40))
    for causal in (False, True):
        o = attn.linear(
            q, k, v, feature_map=feature_maps.favor(64), normalize=True, causal=causal
        )
        assert np.isfinite(o).all()


@pytest.mark.parametrize(
    "rows, length, offset, message",
    [
        (9, 8, 0, "input has 9 rows, length is 8: expected no more rows"),
        (4, 8, 5, "rows reach up to position 9, length is 8: expected no more"),
        (4, 8, -1, "offset holds position -1, expected at least 0"),
        (4, 0, 0, "length is 0, expected at least 1"),
    ],
)
def test_positions_that_are_none(rows, length, offset, message):
    """Behind its length a cosine is negative: kernels refuse, however they are called."""
    kind, result = "tensor<1x?x4xf32>", "tensor<1x?x8xf32>"
    kernel = attn.compile(
        f"func.func @f(%x: {kind}, %n: tensor<1xi32>, %o: tensor<1xi32>) -> {result} {{\n"
        "  %c0 = arith.constant 0 : index\n  %i = tensor.extract %n[%c0] : tensor<1xi32>\n"
        "  %l = arith.index_cast %i : i32 to index\n"
        f"  %y = attn.feature_map cos %x length(%l) offset(%o : tensor<1xi32>) : {kind} -> {result}\n"
        f"  return %y : {result}\n}}\n"
    )
    x, last = np.ones((1, 4, 4), F32), np.array([4], np.int32)
    kernel(x, np.array([8], np.int32), last)
    with pytest.raises(attn.ShapeError, match=message):
        kernel(np.ones((1, rows, 4), F32), *(np.array([n], np.int32) for n in (length, offset)))
