"""Random masks beside everything else: lists, layers, pages, decoding, operands of one's own.

Each mask by itself is in test/python/test_random_masks.py.
"""

import numpy as np
import pytest

import attn
from attn import masks as m
from attn import recipes
from numerics import check_sdpa, random_qkv

ALIGNMENTS = ("top_left", "bottom_right")
NEIGHBOURS = m.window(1, 1) | m.cols(1) | m.rows(1)
MASKS = {
    "random": m.random(5, 7),
    "one": m.random(1, 2**64 - 1),
    "two draws": m.random(5, 7) | m.random(4, 8),
    "not": ~m.random(5, 7),
    "causal": m.causal() & m.random(9, 7),
    "within": m.random(5, 7, within=m.causal()),
    "within few": m.random(100, 7, within=m.window(30, 0)),
    "within none": m.random(5, 7, within=m.cols(3) & ~m.cols(4)),
    "within lengths": m.random(5, 7, within=m.lens([9, 4])),
    "plus": m.plus_random(5, 7, m.window(9, 9)),
    "plus within": m.plus_random(5, 7, m.window(9, 0), within=m.causal()),
    "plus lengths": m.plus_random(5, 7, m.lens([3, 0]), within=m.cols(7)),
    "nested": m.random(3, 7, within=m.random(9, 1)),
    "blocks": m.block(3, m.random(2, 7)),
    "blocks within": m.block(7, m.random(2, 7, within=m.causal())),
    "blocks plus": m.block(8, m.plus_random(2, 7, NEIGHBOURS)),
    "blocks of blocks": m.block(2, m.block(2, m.plus_random(2, 7, m.causal()))),
    "heads": m.per_head([m.random(5, 7), m.causal()]),
    "within blocks": m.random(4, 7, within=m.block(5, m.random(1, 3))),
}


@pytest.mark.parametrize("align", ALIGNMENTS)
@pytest.mark.parametrize("size", [(700, 700), (300, 650), (1, 1000)], ids=str)
@pytest.mark.parametrize("b", (64, 50, 128))
def test_large_blocks(b, size, align):
    """Blocks that a list of blocks says all of, and blocks that it does not fit."""
    M, N = size
    for base in (NEIGHBOURS, m.causal() & m.window(1, 0)):
        mask = m.block(b, m.plus_random(2, 7, base))
        check_sdpa(*random_qkv(M, B=2, H=4, Hk=2, M=M, N=N, D=16), mask=mask, align=align)


@pytest.mark.parametrize("rows", (600, 33, 1))
def test_with_masks_that_have_lists(rows):
    """Grids and marked tokens are listed as blocks too, together with what is drawn."""
    grid = m.grid([30, 20], [m.near(7), m.near(5)])
    marked = m.flags([n % 90 == 4 for n in range(600)])
    q, k, v = random_qkv(rows, B=2, M=rows, N=600, D=16)
    for mask in (
        grid | m.random(5, 3),
        grid & m.random(50, 3),
        m.random(5, 3, within=grid),
        m.plus_random(5, 3, grid),
        m.per_head([grid, m.random(5, 3)]),
        m.plus_random(3, 1, marked),
    ):
        check_sdpa(q, k, v, mask=mask, align="bottom_right")


def test_layer():
    """Inside of a layer; its sequence is too short for what is drawn, or is not."""
    rng = np.random.default_rng(0)
    shapes = ((2, 70, 32), *[(32, 32)] * 4)
    x, wq, wk, wv, wo = (rng.standard_normal(s).astype(np.float32) / 4 for s in shapes)
    for mask in (m.random(5, 3), m.block(8, m.plus_random(2, 3, m.window(1, 1)))):
        clauses = {"heads": 4, "mask": mask}
        expected = attn.reference.layer(x, wq, wk, wv, wo, **clauses)
        np.testing.assert_allclose(attn.layer(x, wq, wk, wv, wo, **clauses), expected, atol=1e-5)
    with pytest.raises(attn.ShapeError, match="random draws 71 of 70 keys"):
        attn.layer(x, wq, wk, wv, wo, heads=4, mask=m.random(71, 3))


def test_paged_keys():
    """One query, keys in pages, lengths of their own to draw from."""
    rng = np.random.default_rng(0)
    pages = rng.standard_normal((40, 16, 2, 32)).astype(np.float32)
    table = rng.permutation(40)[:20].reshape(2, 10).astype(np.int32)
    keys = attn.reference.paged_view(pages, table).astype(np.float32)
    q, _, _ = random_qkv(1, B=2, H=4, M=1)
    for mask in (m.random(9, 3, within=m.lens([150, 31])), m.random(9, 3)):
        paged = attn.sdpa(q, *[attn.paged_view(pages, table)] * 2, mask=mask)
        np.testing.assert_allclose(paged, attn.reference.sdpa(q, keys, keys, mask=mask), atol=1e-5)


@pytest.mark.parametrize("rows", (1, 3, 4))
@pytest.mark.parametrize("heads", ((4, 2), (4, 1)), ids=str)
def test_heads_that_share_keys(heads, rows):
    """Decoding steps fold heads together, each of which draws for itself."""
    H, Hk = heads
    for N in (7, 133, 300):
        q, k, v = random_qkv(N, B=2, H=H, Hk=Hk, M=rows, N=N)
        for mask in (MASKS["random"], MASKS["within"], MASKS["blocks plus"]):
            check_sdpa(q, k, v, mask=mask, align="bottom_right")


@pytest.mark.parametrize("name", MASKS)
def test_weights(name):
    q, k, _ = random_qkv(2, B=2, M=33, N=40)
    clauses = {"mask": MASKS[name], "align": "bottom_right"}
    expected = attn.reference.weights(q, k, **clauses)
    np.testing.assert_allclose(attn.weights(q, k, **clauses), expected, atol=1e-5)


@pytest.mark.parametrize("name", MASKS)
def test_block_map(name):
    """A map of each batch element and head lists the blocks that keep a pair."""
    mask, M, N, bq, bk = MASKS[name], 37, 45, 8, 4
    lists = attn.block_map(mask, M, N, block=(bq, bk), align="top_left", batch=2, heads=2)
    listed = m.blocks(lists)
    for b, h in np.ndindex(2, 2):
        kept = mask.materialize(M, N, b=b, h=h, align="top_left")
        some = np.add.reduceat(np.add.reduceat(kept, range(0, M, bq), 0), range(0, N, bk), 1) > 0
        expected = some.repeat(bq, 0).repeat(bk, 1)[:M, :N]
        np.testing.assert_array_equal(listed.materialize(M, N, b=b, h=h), expected)


def test_threads_draw_alike():
    q, k, v = random_qkv(4, B=2, M=300, N=300)
    results = [attn.sdpa(q, k, v, mask=m.random(20, 1), threads=count) for count in (1, 2, 5)]
    for result in results[1:]:
        np.testing.assert_array_equal(result, results[0])


def test_bigbird_visits_what_it_draws():
    """Eight of 32 blocks of keys in a row: poison in the others leaves no trace."""
    mask = recipes.bigbird(64, 3, seed=5)
    q, k, v = random_qkv(4, H=1, M=2048, N=2048, D=16)
    clean, _ = check_sdpa(q, k, v, mask=mask)
    rows = slice(640, 704)
    dropped = ~mask.materialize(2048, 2048)[640]
    assert dropped.sum() == 24 * 64
    k[:, :, dropped], v[:, :, dropped] = np.nan, np.nan
    poisoned = attn.sdpa(q, k, v, mask=mask)
    np.testing.assert_array_equal(poisoned[:, :, rows], clean[:, :, rows])


@pytest.mark.parametrize("rows, keys", [(0, 8), (3, 5)])
def test_edges(rows, keys):
    """No queries; as many keys as are drawn."""
    q, k, v = random_qkv(4, M=rows, N=keys)
    check_sdpa(q, k, v, mask=m.random(5, 1))
    check_sdpa(q, k, v, mask=m.plus_random(9, 1, m.cols(1)))


def test_no_keys():
    """Nothing to draw from: rows keep nothing."""
    q, k, v = random_qkv(4, M=3, N=0)
    o, _ = check_sdpa(q, k, v, mask=m.random(5, 1, within=m.full()))
    assert not o.any()
    with pytest.raises(attn.ShapeError, match="random draws 5 of 0 keys"):
        attn.sdpa(q, k, v, mask=m.random(5, 1))


def test_refusals_at_run_time():
    """A kernel of any length finds out when it is called."""
    operand = "tensor<?x?x?x32xf32>"
    kernel = attn.compile(
        f"""func.func @f(%q: {operand}, %k: {operand}) -> {operand} {{
          %o = attn.sdpa %q, %k, %k mask(block<4, random<3, 7>>)
            : ({operand}, {operand}, {operand}) -> {operand}
          return %o : {operand}
        }}"""
    )
    q, k, _ = random_qkv(4, M=9, N=9)
    np.testing.assert_allclose(kernel(q, k), attn.sdpa(q, k, k), atol=1e-5)
    q, k, _ = random_qkv(4, M=8, N=8)
    with pytest.raises(attn.Error, match="random draws 3 of 2 keys"):
        kernel(q, k)


LIMITS = """func.func @f(%q: tensor<?x2x?x8xf32>, %l: tensor<?x?x?xi64>) -> tensor<?x2x?x8xf32> {
  %o = attn.sdpa %q, %q, %q mask(random<1, 7>(%l : tensor<?x?x?xi64>))
    : (tensor<?x2x?x8xf32>, tensor<?x2x?x8xf32>, tensor<?x2x?x8xf32>) -> tensor<?x2x?x8xf32>
  return %o : tensor<?x2x?x8xf32>
}"""


@pytest.mark.parametrize(
    "shape, message",
    [
        ((1, 2, 8), "limits of 8 queries, expected 9"),
        ((1, 2, 10), "limits of 10 queries, expected 9"),
        ((2, 2, 9), "limits of 2 batch elements, expected 1 or 3"),
        ((3, 3, 9), "limits of 3 heads, expected 1 or 2"),
        ((3, 0, 9), "limits of 0 heads, expected 1 or 2"),
    ],
    ids=str,
)
def test_limits_that_do_not_fit(shape, message):
    """Limits of one's own are never read out of bounds."""
    q, _, _ = random_qkv(4, B=3, M=9, N=9, D=8)
    with pytest.raises(attn.Error, match=message):
        attn.compile(LIMITS)(q, np.zeros(shape, np.int64))
