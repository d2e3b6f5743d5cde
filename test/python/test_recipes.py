"""The masks of well-known papers keep the pairs that the papers say."""

import numpy as np
import pytest

import attn
from attn import masks as m
from attn import recipes
from numerics import check_sdpa, random_qkv

MARKED = [n in (0, 7) for n in range(24)]
RANKS = [(7 * n) % 24 for n in range(24)]
PARENTS = [-1, 0, 0, 1, 1, 2, -1, 3, 6, 6, 4, 2, 0, 9, 13, 13, 1, 5, 5, 17, 8, 20, 6, -1]


def ancestors(token):
    """A token and those that it continues."""
    found = set()
    while token >= 0:
        found.add(token)
        token = PARENTS[token]
    return found


def near(x, size, extent):
    """The first of the size points nearest to x."""
    return max(0, min(x - size // 2, extent - size))


def in_box(i, j, shape, sizes):
    """Whether each coordinate of j is among those nearest to that of i."""
    a, b = np.unravel_index(i, shape), np.unravel_index(j, shape)
    starts = [near(x, size, extent) for x, size, extent in zip(a, sizes, shape)]
    return all(start <= y < start + size for start, y, size in zip(starts, b, sizes))


def in_diffusion(i, j):
    """Twelve noised tokens, then twelve clean ones, in blocks of three."""
    noised, clean = i < 12, j >= 12
    a, b = i % 12 // 3, j % 12 // 3
    if noised:
        return b < a if clean else a == b
    return clean and b <= a


def mix(value):
    """splitmix64."""
    value = (value + 0x9E3779B97F4A7C15) % 2**64
    value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9 % 2**64
    value = (value ^ (value >> 27)) * 0x94D049BB133111EB % 2**64
    return value ^ (value >> 31)


def in_bigbird(i, j):
    """Blocks of three: the ends, neighbours, and one more of each row, for head 0 and seed 2."""
    a, b = i // 3, j // 3
    near = [c for c in range(8) if abs(a - c) <= 1 or c in (0, 7) or a in (0, 7)]
    others = sorted(set(range(8)) - set(near), key=lambda c: mix(mix(mix(mix(2)) ^ a) ^ c))
    return b in near or b in others[:1]


# On 24 tokens; a rule is of query i and key j.
RECIPES = {
    "local": (recipes.local(2), lambda i, j: abs(i - j) <= 2),
    "sliding_window": (recipes.sliding_window(4), lambda i, j: i - 4 < j <= i),
    "dilated": (recipes.dilated(2, 3), lambda i, j: i - j in (-6, -3, 0, 3, 6)),
    "sparse_strided": (
        recipes.sparse_strided(5),
        lambda i, j: j <= i and (i - j < 5 or (i - j) % 5 == 0),
    ),
    "sparse_fixed": (
        recipes.sparse_fixed(5, 2),
        lambda i, j: j <= i and (i // 5 == j // 5 or j % 5 >= 3),
    ),
    "longformer": (
        recipes.longformer(2, MARKED),
        lambda i, j: abs(i - j) <= 2 or MARKED[i] or MARKED[j],
    ),
    "bigbird": (recipes.bigbird(3, 1, seed=2), in_bigbird),
    "streaming": (recipes.streaming(4, 2), lambda i, j: j <= i and (i - j < 4 or j < 2)),
    "prefix": (recipes.prefix(6), lambda i, j: j <= i or j < 6),
    "chunked": (recipes.chunked(7), lambda i, j: j <= i and i // 7 == j // 7),
    "packed": (
        recipes.packed([0, 9, 9, 24]),
        lambda i, j: j <= i and (i < 9) == (j < 9),
    ),
    "permuted": (recipes.permuted(RANKS), lambda i, j: RANKS[j] <= RANKS[i]),
    "permuted query": (
        recipes.permuted(RANKS) & ~m.same(RANKS),
        lambda i, j: RANKS[j] < RANKS[i],
    ),
    "image": (recipes.image([4, 6], 3), lambda i, j: in_box(i, j, (4, 6), (3, 3))),
    "video": (
        recipes.video([2, 4, 3], 2, 3),
        lambda i, j: j // 12 <= i // 12 and in_box(i % 12, j % 12, (4, 3), (3, 3)),
    ),
    "mixture": (
        recipes.mixture((m.full(), 1), (recipes.local(1), 3)),
        lambda i, j: True,
    ),
    "block_diffusion": (recipes.block_diffusion(12, 3), in_diffusion),
    "tree": (recipes.tree(PARENTS), lambda i, j: j in ancestors(i)),
}


def test_each_has_a_rule():
    assert {name.split()[0] for name in RECIPES} == set(recipes.__all__)
    for name in recipes.__all__:
        text = getattr(recipes, name).__doc__
        assert "aper" in text or name in ("mixture", "chunked", "packed", "video"), name


@pytest.mark.parametrize("name", RECIPES)
def test_pairs(name):
    mask, rule = RECIPES[name]
    expected = [[rule(i, j) for j in range(24)] for i in range(24)]
    np.testing.assert_array_equal(mask.materialize(24, 24), expected)


@pytest.mark.parametrize("name", RECIPES)
def test_kernels(name):
    mask, _ = RECIPES[name]
    check_sdpa(*random_qkv(1, B=2, H=4, Hk=2, M=24, N=24), mask=mask)


@pytest.mark.parametrize(
    "make",
    [
        lambda: recipes.sliding_window(0),
        lambda: recipes.block_diffusion(12, 5),
        lambda: recipes.block_diffusion(3, 6),
        lambda: recipes.image([4, 4], 2),
        lambda: recipes.mixture(),
        lambda: recipes.tree([0]),
        lambda: recipes.tree([-1, 2, 0]),
        lambda: recipes.tree([-2]),
        lambda: recipes.tree([[-1]]),
    ],
)
def test_bad_recipes(make):
    with pytest.raises(attn.Error):
        make()
