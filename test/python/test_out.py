"""Results in memory of the caller's: `out`."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import attn
from attn import masks as m
from numerics import BF16, F16, F32, random_qkv

RNG = np.random.default_rng(0)
Q, K, V = random_qkv(0, B=2, H=4, Hk=2, M=37, N=37, D=16)
E = RNG.standard_normal((8, 37)).astype(F32)
X, W = RNG.standard_normal((2, 9, 32)).astype(F32), RNG.standard_normal((32, 32)).astype(F32)
IR = """
func.func @f(%q: tensor<2x4x?x16xf32>, %k: tensor<2x2x?x16xf32>) -> (tensor<2x4x?x16xf32>, tensor<2x4x?xf32>) {
  %o, %l = attn.sdpa %q, %k, %k
    : (tensor<2x4x?x16xf32>, tensor<2x2x?x16xf32>, tensor<2x2x?x16xf32>) -> (tensor<2x4x?x16xf32>, tensor<2x4x?xf32>)
  return %o, %l : tensor<2x4x?x16xf32>, tensor<2x4x?xf32>
}"""

CALLS = {
    "sdpa": lambda out: attn.sdpa(Q, K, V, mask=m.causal(), out=out),
    "linear": lambda out: attn.linear(Q, K, V, causal=True, out=out),
    "linformer": lambda out: attn.linformer(Q, K, V, E, out=out),
    "nystrom": lambda out: attn.nystrom(Q, K, V, 8, out=out),
    "layer": lambda out: attn.layer(X, W, W, W, W, heads=4, out=out),
}


@pytest.mark.parametrize("name", CALLS)
def test_result_is_out(name):
    """The array itself comes back, and holds what a call without it returns."""
    expected = CALLS[name](None)
    out = np.full_like(expected, np.nan)
    assert CALLS[name](out) is out
    np.testing.assert_array_equal(out, expected)


@pytest.mark.parametrize("dtype", (F16, BF16), ids=lambda t: np.dtype(t).name)
def test_narrow_types(dtype):
    q, k, v = random_qkv(1, dtype, B=1, H=2, M=5, N=9, D=8)
    out = np.zeros_like(q)
    assert attn.sdpa(q, k, v, out=out) is out
    np.testing.assert_array_equal(out.astype(F32), attn.sdpa(q, k, v).astype(F32))


def test_any_strides():
    """Rows apart from each other, widths that are not neighbours, reversed tokens."""
    expected = attn.sdpa(Q, K, V)
    by_token = np.zeros((2, 37, 4, 16), F32).swapaxes(1, 2)
    wide = np.zeros((2, 4, 37, 48), F32)
    by_width = np.zeros((2, 4, 16, 37), F32).swapaxes(2, 3)
    for out in (by_token, wide[..., 5:21], wide[..., ::3], by_width, wide[:, :, ::-1, :16]):
        out[...] = np.nan
        assert attn.sdpa(Q, K, V, out=out) is out
        np.testing.assert_array_equal(out, expected)
    assert not wide[..., 47].any()


def test_memory_of_an_input():
    """A result may replace what it is computed from, in whole and in part."""
    expected = attn.sdpa(Q, K, V)
    q = Q.copy()
    assert attn.sdpa(q, K, V, out=q) is q
    np.testing.assert_array_equal(q, expected)
    both = np.zeros((2, 4, 38, 16), F32)
    both[:, :, :37] = Q
    attn.sdpa(both[:, :, :37], K, V, out=both[:, :, 1:])
    np.testing.assert_array_equal(both[:, :, 1:], expected)


def test_beside_a_state():
    """Rows and the last state, each where it is wanted; a state may be updated in place."""
    decay = np.full(2, -0.1, F32)
    clauses = dict(decay=decay, causal=True, return_state=True)
    expected, last = attn.linear(Q, K, V, **clauses)
    out, state = np.empty_like(expected), np.empty_like(last)
    results = attn.linear(Q, K, V, out=out, state_out=state, **clauses)
    assert results[0] is out and results[1] is state
    np.testing.assert_array_equal(out, expected)
    np.testing.assert_array_equal(state, last)
    first = np.zeros_like(last)
    o, same = attn.linear(Q, K, V, state=first, state_out=first, out=out, **clauses)
    assert o is out and same is first
    np.testing.assert_allclose(out, expected, atol=1e-5)
    with pytest.raises(attn.ArgumentError, match="state_out and out share memory"):
        attn.linear(Q, K, V, out=out, state_out=out.reshape(-1)[:1024].reshape(2, 2, 16, 16), **clauses)


def test_results_of_a_compiled_kernel():
    """One array or None for each result."""
    kernel = attn.compile(IR)
    o, lse = kernel(Q, K)
    place = np.empty_like(lse)
    results = kernel(Q, K, out=(None, place))
    assert results[1] is place
    np.testing.assert_array_equal(results[0], o)
    np.testing.assert_array_equal(place, lse)
    with pytest.raises(attn.ArgumentError, match="out has 3 arrays, the kernel has 2 results"):
        kernel(Q, K, out=(None, None, place))
    with pytest.raises(attn.ShapeError, match=r"out\[1\] has shape \(2, 4, 36\), expected \(2, 4, 37\)"):
        kernel(Q, K, out=(None, place[..., 1:]))


def test_memory_is_used_again():
    """What nothing refers to any more holds the next result; what something does, never."""
    q, k, v = random_qkv(2, B=1, H=4, M=512, N=64, D=64)
    first = attn.sdpa(q, k, v)
    kept = first[0, 0, :2]
    assert first.ctypes.data % 64 == 0
    second = attn.sdpa(q, k, v)
    assert not np.may_share_memory(first, second)
    del first
    assert not np.may_share_memory(attn.sdpa(q, k, v), kept)
    del kept
    places = [attn.sdpa(q, k, v).ctypes.data for _ in range(20)]
    assert len(set(places)) < 4
    np.testing.assert_array_equal(attn.sdpa(q, k, v), second)


def test_memory_freed_by_another_thread():
    """Results made on one thread and dropped on another, while others do the same."""
    q, k, v = random_qkv(3, B=1, H=4, M=512, N=64, D=64)
    expected = attn.sdpa(q, k, v, threads=1)

    def run(_):
        results = [attn.sdpa(q, k, v, threads=1) for _ in range(3)]
        return results[1]

    with ThreadPoolExecutor(4) as pool:
        for result in pool.map(run, range(24)):
            np.testing.assert_array_equal(result, expected)


def read_only():
    array = np.zeros_like(Q)
    array.flags.writeable = False
    return array


REFUSED = {
    "shape": (np.zeros((2, 4, 36, 16), F32), "ShapeError", r"out has shape \(2, 4, 36, 16\), expected \(2, 4, 37, 16\)"),
    "type": (np.zeros(Q.shape), "ShapeError", "out has element type float64, expected float32"),
    "read-only": (read_only(), "ArgumentError", "out is read-only, expected memory that can be written"),
    "one element for all": (
        np.lib.stride_tricks.as_strided(np.zeros(16, F32), Q.shape, (0, 0, 0, 4)),
        "ArgumentError", r"out has strides \(0, 0, 0, 4\) of bytes, expected an element of its own",
    ),
    "no array": ([1.0], "ArgumentError", "out is a list, expected a NumPy array"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name):
    out, error, message = REFUSED[name]
    with pytest.raises(getattr(attn, error), match=message):
        attn.sdpa(Q, K, V, out=out)
