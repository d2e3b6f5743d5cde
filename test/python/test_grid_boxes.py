"""Tiles whose queries are a box of a grid: keys come from where they stand."""

import numpy as np
import pytest

import attn
from attn import masks as m
from attn import recipes
from numerics import BF16, F8, F16, F64, I8, check_sdpa, check_unnormalized, random_qkv

# Grids that boxes divide, and that none does; axes that look back, and those with holes.
GRIDS = {
    "square": m.grid([48, 48], [m.near(13), m.near(13)]),
    "ragged": m.grid([37, 53], [m.near(5), m.near(7)]),
    "cut off": m.grid([40, 41], [m.window(3, 2), m.window(0, 5)]),
    "video": recipes.video([7, 19, 23], 3, 5),
    "four axes": m.grid([3, 9, 7, 11], [m.near(3), m.near(3), m.near(3), m.near(5)]),
    "causal axis": m.grid([30, 31], [m.causal(), m.near(3)]),
    "holes": m.grid([36, 40], [m.near(3) | m.cols(2), m.stride(3) & m.near(9)]),
    "thin": m.grid([2, 700], [m.full(), m.near(3)]),
    "rows that see nothing": m.grid([40, 40], [m.near(3) & m.rows(20), m.near(3)]),
}


def compile_self(mask):
    """A kernel of self-attention on two heads with `mask`."""
    of = f"tensor<2x{points(mask)}x16xf32>"
    return attn.compile(
        f"func.func @f(%q: {of}) -> {of} {{\n"
        f"  %o = attn.sdpa %q, %q, %q mask({mask.mlir([])}) : ({of}, {of}, {of}) -> {of}\n"
        f"  return %o : {of}\n}}\n"
    )


def points(mask):
    """The number of points of a grid."""
    return int(np.prod(mask.shape))


@pytest.mark.parametrize("name", GRIDS)
def test_grids(name):
    """Boxes that the ends of the grid cut off, groups of heads, batches, a log-sum-exp."""
    mask = GRIDS[name]
    N = points(mask)
    check_sdpa(*random_qkv(1, B=2, H=4, Hk=2, M=N, N=N, D=16, E=24), mask=mask)


@pytest.mark.parametrize("dtype", (BF16, F16, F64))
@pytest.mark.parametrize("name", ("square", "ragged", "video"))
def test_types(name, dtype):
    """Narrow elements are widened as they are fetched."""
    mask = GRIDS[name]
    N = points(mask)
    check_sdpa(*random_qkv(2, dtype, H=2, Hk=1, M=N, N=N, D=40, E=20), mask=mask)


@pytest.mark.parametrize(
    "clauses",
    (
        {"softcap": 2.0},
        {"sinks": np.array([0.5, -1.0], np.float32)},
        {"scale": 0.7},
        {"score": lambda s, b, h, i, j: s - 0.01 * (h + 1) * abs(i - j)},
    ),
    ids=("softcap", "sinks", "scale", "score"),
)
def test_clauses(clauses):
    """What asks for rows and keys asks for their places on the grid."""
    mask = GRIDS["ragged"]
    N = points(mask)
    check_sdpa(*random_qkv(3, H=2, M=N, N=N), mask=mask, **clauses)


def test_unnormalized():
    """Scores that are the weights."""
    mask = GRIDS["ragged"]
    N = points(mask)
    check_unnormalized(*random_qkv(10, H=2, M=N, N=N), mask=mask)


@pytest.mark.parametrize("dtype", (I8, F8))
def test_scales(dtype):
    """Keys and values of eight bits, and the scale of each, come from the same places."""
    mask = GRIDS["ragged"]
    N = points(mask)
    rng = np.random.default_rng(9)
    q = rng.standard_normal((1, 4, N, 32)).astype(np.float32)
    k, v = (rng.integers(-100, 100, (1, 2, N, 32)).astype(dtype) for _ in range(2))
    scales = [rng.uniform(0.005, 0.02, (1, 2, N)).astype(np.float32) for _ in range(2)]
    check_sdpa(q, k, v, mask=mask, key_scale=scales[0], value_scale=scales[1])


def test_conjunctions():
    """Other masks beside the grid are asked at the places of queries and keys."""
    grid = GRIDS["ragged"]
    N = points(grid)
    segments = np.arange(N) % 3
    for other in (m.cols(1500), m.causal(), m.stride(2), m.docs([0, 300, N]), m.same(segments)):
        check_sdpa(*random_qkv(4, H=2, M=N, N=N), mask=grid & other)


def test_strides():
    """Tokens before heads: rows lie apart, and elements of a row are neighbours."""
    mask = GRIDS["square"]
    N = points(mask)
    q, k, v = (x.swapaxes(1, 2).copy().swapaxes(1, 2) for x in random_qkv(5, M=N, N=N))
    check_sdpa(q, k, v, mask=mask)
    q, k, v = (np.repeat(x, 2, axis=-1)[..., ::2] for x in random_qkv(5, M=N, N=N))
    check_sdpa(q, k, v, mask=mask)


@pytest.mark.parametrize("name", ("square", "video"))
def test_poison(name):
    """Keys that no query of a box may see are not read for it."""
    mask = GRIDS[name]
    N = points(mask)
    q, k, v = random_qkv(6, M=N, N=N)
    o = attn.sdpa(q, k, v, mask=mask)
    k[:, :, :40] = v[:, :, :40] = np.nan
    poisoned = attn.sdpa(q, k, v, mask=mask)
    # The first points are seen from near them only: no box of the last quarter meets them.
    far = np.arange(N) >= 3 * N // 4
    np.testing.assert_array_equal(poisoned[:, :, far], o[:, :, far])
    assert np.isnan(poisoned[:, :, :40]).all()


def test_threads():
    """Cells are as many as boxes, and each bit the same on any number of threads."""
    mask = GRIDS["video"]
    N = points(mask)
    q, k, v = random_qkv(7, M=N, N=N)
    one = attn.sdpa(q, k, v, mask=mask, threads=1)
    np.testing.assert_array_equal(attn.sdpa(q, k, v, mask=mask, threads=2), one)


def test_no_copies():
    """Nothing is copied as a whole: what a call needs does not grow with the grid."""
    needs = []
    for extent in (48, 96):
        kernel = compile_self(m.grid([extent, extent], [m.near(13), m.near(13)]))
        kernel(*[np.ones((2, extent**2, 16), np.float32)], threads=1)
        needs.append(kernel.stats["workspace_bytes"])
    assert needs[0] == needs[1]


def test_plans():
    """explain() says where boxes are taken, and where they cannot be."""
    boxes = "a box of"
    assert boxes in compile_self(GRIDS["square"]).explain()
    assert boxes in compile_self(GRIDS["ragged"]).explain()
    for other in (
        m.grid([40, 40], [m.near(3), m.full()]),
        m.grid([40, 40], [m.near(3), m.near(3)], box=[8, 8]),
    ):
        assert boxes not in compile_self(other).explain()
