"""Random compositions of every mask and functor, beside random other clauses.

Thousands more, without kernels, are what test/Unit holds against the laws of masks.
"""

import random

import numpy as np
import pytest

import attn
from attn import masks as m
from numerics import BF16, F16, F32, F64, check_sdpa, random_qkv
from test_blocks import random_lists

QUERIES = (1, 2, 5, 17, 65, 130, 257)
KEYS = (1, 3, 64, 130, 300, 517)
BATCH, HEADS = 2, 2


def draw_interval(choose, M, N):
    """A mask whose rows are intervals."""
    reach = choose.choice((0, 1, 6, 33, 64, 100))
    return choose.choice(
        (
            m.causal(),
            m.window(reach, choose.choice((0, 2, 40))),
            m.window(None, reach),
            m.near(reach + 1),
            m.cols(reach),
            m.cols_last(reach),
            m.rows(reach),
            m.rows_last(reach),
            m.lens([choose.randint(0, N), choose.randint(0, N)]),
            m.docs(sorted(choose.randint(0, N) for _ in range(choose.randint(2, 5)))),
        )
    )


def draw_scattered(choose, M, N):
    """A mask whose rows have holes."""
    return choose.choice(
        (
            m.stride(choose.randint(1, 9)),
            m.colmod(8, choose.randint(1, 8)),
            m.random(choose.randint(1, min(N, 9)), choose.randint(0, 99)),
            m.random(choose.randint(1, N), 3, within=draw_interval(choose, M, N)),
            m.plus_random(choose.randint(1, N), 4, draw_interval(choose, M, N)),
        )
    )


def draw_tokens(choose, M, N):
    """A mask that reads a number for each token; there are no more queries than tokens."""
    if M > N:
        return draw_interval(choose, M, N)
    numbers = np.array([choose.randint(0, 3) for _ in range(N)], np.int32)
    return choose.choice((m.same(numbers), m.order(numbers), m.flags(numbers == 3)))


def draw_predicate(choose, M, N):
    """A mask of code, of comparisons that are intervals and of others."""
    step, far = choose.randint(2, 9), choose.randint(-9, 60)
    return choose.choice(
        (
            m.pred(lambda b, h, i, j: (i * 3 + j) % step < 2),
            m.pred(lambda b, h, i, j: (j < i + far) & (j > b * 10)),
            m.pred(lambda b, h, i, j: (i // 16 == j // 16) | (h == 1)),
        )
    )


def draw_lists(choose, M, N):
    """Listed blocks, one list for all heads or one for each."""
    block = choose.choice((1, 5, 16, 64)), choose.choice((1, 7, 16, 64))
    lists = choose.choice(((1, 1), (BATCH, 1), (BATCH, HEADS)))
    rng = np.random.default_rng(choose.randint(0, 999))
    return random_lists(rng, M, N, block, choose.random(), lists)


def draw_functor(choose, M, N):
    """Masks on blocks, heads and grids."""
    extents = choose.choice(((1, N), (N, 1), *((n, N // n) for n in (3, 13) if N % n == 0)))
    axes = [m.window(choose.randint(0, 2), 1), m.causal() | m.cols(1)]
    return choose.choice(
        (
            m.block(choose.randint(1, 40), m.window(choose.randint(0, 2), 1)),
            m.block(choose.randint(1, 9), m.stride(3) | m.rows(1)),
            m.per_head([draw_interval(choose, M, N) for _ in range(HEADS)]),
            m.grid(extents, axes),
        )
    )


DRAWS = (draw_interval, draw_scattered, draw_tokens, draw_predicate, draw_lists, draw_functor)


def random_mask(choose, M, N, depth=2):
    """A random expression of at most `depth` levels over M queries and N keys."""
    kind = choose.random()
    if depth == 0 or kind < 0.3:
        return choose.choice(DRAWS)(choose, M, N)
    if kind < 0.42:
        return ~random_mask(choose, M, N, depth - 1)
    left, right = (random_mask(choose, M, N, depth - 1) for _ in range(2))
    return left & right if kind < 0.75 else left | right


def random_clauses(choose, M, N):
    """Other clauses of attn.sdpa, each with a chance of one in four."""
    clauses = {
        "softcap": 5.0,
        "sinks": np.array([0.3, -1.0], F32),
        "bias": np.linspace(-2, 2, M * N, dtype=F32).reshape(1, 1, M, N),
        "scale": 0.3,
    }
    return {name: value for name, value in clauses.items() if choose.random() < 0.25}


@pytest.mark.parametrize("seed", range(30))
def test_composition(seed):
    choose = random.Random(seed)
    M, N = choose.choice(QUERIES), choose.choice(KEYS)
    mask, clauses = random_mask(choose, M, N), random_clauses(choose, M, N)
    dtype = choose.choice((F32, F32, F32, F16, BF16, F64))
    extents = {"B": BATCH, "H": HEADS, "Hk": choose.choice((1, 2)), "D": choose.choice((8, 16, 33, 64))}
    align, threads = choose.choice(("top_left", "bottom_right")), choose.choice((1, 2))
    q, k, v = random_qkv(seed, dtype, M=M, N=N, **extents)
    check_sdpa(q, k, v, mask=mask, align=align, threads=threads, **clauses)


@pytest.mark.parametrize("seed", range(12))
def test_a_mask_and_its_map_are_the_mask(seed):
    choose = random.Random(seed)
    M, N = ((65, 65), (7, 130), (130, 63), (1, 200))[seed % 4]
    mask = random_mask(choose, M, N)
    align = ("top_left", "bottom_right")[seed % 2]
    block = ((16, 8), (64, 64), (5, 33))[seed % 3]
    heads = HEADS if mask.uses_head else 1
    lists = attn.block_map(mask, M, N, block=block, align=align, batch=BATCH, heads=heads)
    both = m.blocks(lists) & mask
    for b, h in np.ndindex(BATCH, heads):
        kept = mask.materialize(M, N, b, h, align=align)
        assert (both.materialize(M, N, b, h, align=align) == kept).all()
    check_sdpa(*random_qkv(seed, B=BATCH, H=HEADS, M=M, N=N), mask=both, align=align)
