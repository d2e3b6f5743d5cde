"""Every mask alone and in random compositions, in both alignments."""

import random

import pytest

from attn import masks as m
from numerics import check_sdpa, random_qkv

SIZES = [(65, 65), (7, 130), (130, 63), (1, 200), (200, 1)]
ALIGNMENTS = ("top_left", "bottom_right")
ATOMS = {
    "full": m.full(),
    "empty": m.empty(),
    "causal": m.causal(),
    "window left": m.window(9, 0),
    "window right": m.window(0, 70),
    "window self": m.window(0, 0),
    "window past": m.window(None, 3),
    "window future": m.window(3, None),
    "window open": m.window(None, None),
    "near odd": m.near(7),
    "near even": m.near(64),
    "near all": m.near(500),
    "cols": m.cols(5),
    "cols_last": m.cols_last(5),
    "rows": m.rows(5),
    "rows_last": m.rows_last(5),
    "none of cols": m.cols(0),
    "not causal": ~m.causal(),
    "not window": ~m.window(20, 20),
    "not near": ~m.near(30),
    "not rows": ~m.rows(3),
}


def operand_masks(N):
    """Masks that read arrays, made for N keys."""
    return {
        "lens": m.lens([N // 2, N]),
        "lens none": m.lens([0, N]),
        "lens shared": m.lens([N - N // 3]),
        "docs": m.docs([0, N // 3, N // 3, N // 2, N]),
        "docs inner": m.docs([N // 4, N // 2]),
        "docs none": m.docs([]),
        "not docs": ~m.docs([0, N // 2, N]),
    }


@pytest.mark.parametrize("align", ALIGNMENTS)
@pytest.mark.parametrize("name", [*ATOMS, *operand_masks(0)])
def test_alone(name, align):
    for M, N in SIZES:
        mask = ATOMS.get(name) or operand_masks(N)[name]
        check_sdpa(*random_qkv(M, B=2, M=M, N=N), mask=mask, align=align)


def random_mask(choose, N, depth=3):
    """A random expression of at most `depth` levels over N keys."""
    kind = choose.random()
    if depth == 0 or kind < 0.25:
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
    if kind < 0.4:
        return ~random_mask(choose, N, depth - 1)
    left, right = random_mask(choose, N, depth - 1), random_mask(choose, N, depth - 1)
    return left & right if kind < 0.75 else left | right


@pytest.mark.parametrize("seed", range(30))
def test_composition(seed):
    M, N = SIZES[seed % len(SIZES)]
    mask = random_mask(random.Random(seed), N)
    align = ALIGNMENTS[seed // len(SIZES) % 2]
    check_sdpa(*random_qkv(seed, B=2, M=M, N=N), mask=mask, align=align)


def test_deep_composition():
    mask = m.causal()
    for n in range(60):
        mask = mask & ~m.cols(n // 8) if n % 2 else mask | m.rows(n // 8)
    check_sdpa(*random_qkv(1, M=65, N=65), mask=mask)


def test_offsets_beyond_the_keys():
    """More queries than keys, aligned at the end: the first rows stand before key 0."""
    check_sdpa(*random_qkv(2, M=500, N=3), mask=m.window(2, 1), align="bottom_right")
    check_sdpa(*random_qkv(2, M=500, N=3), mask=m.window(2, 1), align="top_left")
    check_sdpa(*random_qkv(2, M=3, N=500), mask=m.near(70), align="bottom_right")


def test_largest_extents():
    most = 2**31 - 1
    check_sdpa(*random_qkv(3, M=7, N=9), mask=m.window(most, most), align="bottom_right")
    check_sdpa(*random_qkv(3, M=7, N=9), mask=m.cols(most) & m.rows(most))
    check_sdpa(*random_qkv(3, M=7, N=9), mask=m.near(most) | m.cols_last(most), align="top_left")
