"""The arrays of a row, the same in every worker."""

from __future__ import annotations

import mmap

import ml_dtypes
import numpy as np

from .cases import LATENT, PROJECTED, ROTATED

SEED = 20
DTYPES = {"f32": np.float32, "f16": np.float16, "bf16": ml_dtypes.bfloat16}


def on_huge_pages(array):
    """A copy in a mapping of its own, on huge pages where the system gives them.

    Reading from huge pages is up to 1.4 times as fast, and which arrays get them by
    themselves is chance: no side may owe its time to that.
    """
    memory = mmap.mmap(-1, max(array.nbytes, 1))
    if hasattr(mmap, "MADV_HUGEPAGE"):
        memory.madvise(mmap.MADV_HUGEPAGE)
    copy = np.frombuffer(memory, array.dtype, array.size).reshape(array.shape)
    copy[...] = array
    return copy


def make_inputs(case):
    """q, k, v `[1, heads, length, D]`, standard normal."""
    rng = np.random.default_rng(SEED)
    shapes = ((case.H, case.M), (case.Hk, case.keys), (case.Hk, case.keys))
    arrays = [
        rng.standard_normal((1, heads, length, case.D), np.float32) for heads, length in shapes
    ]
    if case.family == "gated_delta":
        arrays[1] /= np.linalg.norm(arrays[1], axis=-1, keepdims=True)
    return [on_huge_pages(array.astype(DTYPES[case.dtype])) for array in arrays]


def head_decay(case):
    """Logarithms of RetNet's factors `[H]`, 1 - 2^(-5 - h) (arXiv:2307.08621)."""
    return np.log1p(-np.exp2(-5.0 - np.arange(case.H))).astype(np.float32)


def token_decay(case):
    """Logarithms of factors `[1, H, N]`."""
    rng = np.random.default_rng(SEED + 3)
    return -np.abs(rng.standard_normal((1, case.H, case.keys), np.float32)) / 10


def betas(case):
    """Write strengths `[1, H, N]`, in [0, 1)."""
    return np.random.default_rng(SEED + 4).random((1, case.H, case.keys), np.float32)


def state(case):
    """The state before the first token `[1, H, D, D]`."""
    rng = np.random.default_rng(SEED + 5)
    return on_huge_pages(rng.standard_normal((1, case.H, case.D, case.D), np.float32))


def make_bias(case):
    """A bias on every score `[1, H, M, N]`, f32."""
    rng = np.random.default_rng(SEED + 1)
    return on_huge_pages(rng.standard_normal((1, case.H, case.M, case.N), np.float32))


def slopes(case):
    """ALiBi's slope of each head (arXiv:2108.12409)."""
    return np.exp2(-8.0 * np.arange(1, case.H + 1) / case.H).astype(np.float32)


def angles(case):
    """Cosines and sines of rotary positions `[N, D / 2]` (arXiv:2104.09864)."""
    speeds = 10000.0 ** (-np.arange(0, case.D, 2) / case.D)
    turned = np.arange(case.N)[:, None] * speeds[None, :]
    return np.cos(turned).astype(np.float32), np.sin(turned).astype(np.float32)


def global_flags(case):
    """Which tokens are global."""
    flags = np.zeros(case.N, bool)
    flags[case.globals] = True
    return flags


def block_lists(case):
    """The listed blocks: row_ptr and col of a matrix over blocks in CSR."""
    rng = np.random.default_rng(SEED + 2)
    if case.N % case.block:
        raise ValueError(f"lists of blocks need lengths that {case.block} divides")
    count, rows = case.blocks_of_row
    columns = [np.sort(rng.choice(rows, count, replace=False)) for _ in range(rows)]
    return np.arange(rows + 1, dtype=np.int32) * count, np.concatenate(columns).astype(np.int32)


def block_table(case):
    """The same as a bool for each block."""
    row_ptr, columns = block_lists(case)
    rows = len(row_ptr) - 1
    table = np.zeros((rows, rows), bool)
    table[np.repeat(np.arange(rows), np.diff(row_ptr)), columns] = True
    return table


def make_projections(case):
    """Linformer's two projections `[PROJECTED, N]`, of rows of norm 1."""
    rng = np.random.default_rng(SEED + 3)
    rows = rng.standard_normal((2, PROJECTED, case.N), np.float32) / np.sqrt(case.N)
    return [on_huge_pages(x.astype(DTYPES[case.dtype])) for x in rows]


def make_latent(case):
    """q_nope, q_rope, the cache [c | k_rope], w_uk and w_uv of latent attention."""
    rng = np.random.default_rng(SEED)
    H, D = case.H, case.D
    shapes = ((1, H, case.M, D), (1, H, case.M, ROTATED), (1, case.N, LATENT + ROTATED))
    arrays = [rng.standard_normal(shape, np.float32) for shape in shapes]
    arrays += [rng.standard_normal((H, LATENT, D), np.float32) / LATENT**0.5 for _ in range(2)]
    return [on_huge_pages(x.astype(DTYPES[case.dtype])) for x in arrays]
