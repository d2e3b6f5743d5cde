"""Masks whose intervals say little: their blocks are listed in front of each call."""

import numpy as np
import pytest

import attn
from attn import masks as m
from attn import recipes
from numerics import check_sdpa, random_qkv

RNG = np.random.default_rng(5)


def marked(n, tokens):
    """Flags of `n` tokens, some of them set."""
    flags = np.zeros(n, bool)
    flags[tokens] = True
    return flags


# Masks of N = 700 keys with holes of several blocks.
HOLES = {
    "longformer": recipes.longformer(9, marked(700, [3, 350, 699])),
    "segments": m.same(np.sort(RNG.integers(0, 5, 700))),
    "scattered segments": m.causal() & m.same(RNG.integers(0, 300, 700)),
    "order of blocks": m.block(64, m.order(RNG.permutation(11))),
    "strided blocks": m.block(64, m.stride(4)),
    "long stride": m.stride(600) | m.near(5),
    "not": m.causal() & ~m.same(np.sort(RNG.integers(0, 3, 700))),
    "heads": m.per_head([m.stride(500), m.causal(), m.full(), m.colmod(600, 9)]),
    "lengths": m.lens([700, 81]) & m.flags(marked(700, [0, 80, 640])),
    "nothing": m.causal() & m.same(np.arange(700)) & m.stride(500) & ~m.window(0, 0),
}


@pytest.mark.parametrize("name", HOLES)
def test_holes(name):
    """Ragged ends, groups of heads, rows that see nothing."""
    check_sdpa(*random_qkv(1, B=2, H=4, Hk=2, M=700, N=700), mask=HOLES[name])


@pytest.mark.parametrize("M", (1, 3, 130))
@pytest.mark.parametrize("name", ("strided blocks", "long stride", "heads"))
def test_fewer_queries(name, M):
    """Queries at the end of the keys, as in decoding."""
    check_sdpa(
        *random_qkv(2, B=2, H=4, Hk=2, M=M, N=700), mask=HOLES[name], align="bottom_right"
    )


def test_poison_in_holes():
    """What no listed block holds is not read."""
    q, k, v = random_qkv(3, M=1024, N=1024)
    segments = np.arange(1024) // 256
    o = attn.sdpa(q, k, v, mask=m.same(segments))
    k[:, :, 256:512] = v[:, :, 256:512] = np.nan
    poisoned = attn.sdpa(q, k, v, mask=m.same(segments))
    seen = segments != 1
    np.testing.assert_array_equal(poisoned[:, :, seen], o[:, :, seen])
    assert np.isnan(poisoned[:, :, ~seen]).all()


GRIDS = {
    "boxes": (m.grid([48, 48], [m.near(13), m.near(13)]), "are a box of"),
    "boxes of three axes": (m.grid([8, 16, 32], [m.near(5), m.near(7), m.near(7)]), "are a box of"),
    # Where no box sees fewer keys than a block does, or an interval holds.
    "blocks": (m.grid([8, 8, 64], [m.near(5), m.near(5), m.full()]), "blocks of a grid"),
    "intervals": (m.grid([13, 31], [m.full(), m.near(25)]), "intervals are visited"),
    "given boxes": (m.grid([12, 20], [m.near(3), m.causal()], box=[4, 5]), "blocks of a grid"),
}


@pytest.mark.parametrize("name", GRIDS)
def test_grids(name):
    """Whatever order the points of a grid are visited in."""
    mask, _ = GRIDS[name]
    N = int(np.prod(mask.shape))
    check_sdpa(*random_qkv(4, H=4, Hk=2, M=N, N=N, D=16, E=24), mask=mask)


@pytest.mark.parametrize("name", GRIDS)
def test_plans_of_grids(name):
    """explain() says how the keys of a grid are found."""
    mask, plan = GRIDS[name]
    of = f"tensor<2x{np.prod(mask.shape)}x16xf32>"
    kernel = attn.compile(
        f"func.func @f(%q: {of}) -> {of} {{\n"
        f"  %o = attn.sdpa %q, %q, %q mask({mask.mlir([])}) : ({of}, {of}, {of}) -> {of}\n"
        f"  return %o : {of}\n}}\n"
    )
    assert plan in kernel.explain()
