"""Every pair of lengths, by a few kernels that serve them all."""

import numpy as np
import pytest

from attn import masks as m
from numerics import BF16, F16, F32, F64, LENGTHS, check_sdpa, random_qkv

KERNELS = {
    "full": (F32, {}),
    "full bf16": (BF16, {}),
    "causal top left": (F32, {"mask": m.causal(), "align": "top_left"}),
    "causal bottom right": (F32, {"mask": m.causal(), "align": "bottom_right"}),
    "causal bottom right f16": (F16, {"mask": m.causal(), "align": "bottom_right"}),
    "window": (F32, {"mask": m.window(70, 3), "align": "bottom_right"}),
    "streaming f64": (
        F64,
        {"mask": m.causal() & (m.window(40, 0) | m.cols(4)), "align": "top_left"},
    ),
}


@pytest.mark.parametrize("M", LENGTHS)
@pytest.mark.parametrize("N", LENGTHS)
@pytest.mark.parametrize("name", KERNELS)
def test_lengths(name, M, N):
    dtype, clauses = KERNELS[name]
    check_sdpa(*random_qkv(1000 * M + N, dtype, H=2, Hk=1, M=M, N=N, D=64), **clauses)


@pytest.mark.parametrize("M, N", [(0, 5), (5, 0), (0, 0), (0, 1000), (1000, 0)])
@pytest.mark.parametrize("name", KERNELS)
def test_nothing(name, M, N):
    dtype, clauses = KERNELS[name]
    o, lse = check_sdpa(*random_qkv(0, dtype, H=2, Hk=1, M=M, N=N, D=64), **clauses)
    assert (o == 0).all() and np.isneginf(lse).all()


@pytest.mark.parametrize("B", [0, 1, 5])
def test_batch(B):
    o, _ = check_sdpa(*random_qkv(0, B=B, H=2, Hk=1, M=7, N=65, D=64))
    assert o.shape == (B, 2, 7, 64)


@pytest.mark.parametrize("threads", [None, 0, 1, 2, 3, 64])
def test_thread_counts_give_the_same_bits(threads):
    q, k, v = random_qkv(3, B=2, H=2, Hk=1, M=300, N=500, D=64)
    expected, _ = check_sdpa(q, k, v, threads=1)
    actual, _ = check_sdpa(q, k, v, threads=threads)
    np.testing.assert_array_equal(actual, expected)
