"""Lists of blocks: only listed blocks are attended to, whatever else a mask says."""

import numpy as np
import pytest

import attn
from attn import masks as m
from numerics import BF16, check_sdpa, random_qkv


def random_lists(rng, M, N, block, density, lists=(1, 1)):
    """Lists of random blocks; every third row of blocks is empty."""
    (bq, bk), rows, cols = block, -(-M // block[0]), -(-N // block[1])
    listed = rng.random((*lists, rows, cols)) < density
    listed[..., 2::3, :] = False
    counts = listed.sum(-1)
    starts = np.concatenate([[0], np.cumsum(counts.ravel())])
    row_ptr = np.zeros((*lists, rows + 1), np.int32)
    row_ptr[..., :-1] = starts[:-1].reshape(counts.shape)
    row_ptr[..., -1] = row_ptr[..., -2] + counts[..., -1] if rows else 0
    return m.blocks((row_ptr, np.argwhere(listed)[:, -1].astype(np.int32)), block=(bq, bk))


#: A kernel that is handed its lists, and checks them by itself.
CHECKED = """
func.func @kernel(%r: tensor<?x?x?xi32>, %c: tensor<?xi32>, %q: tensor<?x?x?x8xf32>) -> tensor<?x?x?x8xf32> {
  %m = attn.block_list %r, %c : tensor<?x?x?xi32>, tensor<?xi32> -> !attn.blocks<16, 8>
  %o = attn.sdpa %q, %q, %q mask(blocks(%m : !attn.blocks<16, 8>))
    : (tensor<?x?x?x8xf32>, tensor<?x?x?x8xf32>, tensor<?x?x?x8xf32>) -> tensor<?x?x?x8xf32>
  return %o : tensor<?x?x?x8xf32>
}"""

SHAPES = [
    # M, N, block: ragged at both ends, tall and wide blocks, less than a vector, more than a tile.
    (256, 256, (64, 64)),
    (300, 333, (64, 32)),
    (130, 1000, (32, 128)),
    (1000, 130, (128, 16)),
    (77, 90, (7, 5)),
    (1030, 200, (1024, 64)),
    (65, 65, (1, 1)),
    (200, 500, (48, 200)),
    (600, 100, (521, 50)),
]


@pytest.mark.parametrize("density", (0.1, 0.5, 1.0))
@pytest.mark.parametrize("M, N, block", SHAPES)
def test_alone(M, N, block, density):
    rng = np.random.default_rng(M + N)
    check_sdpa(
        *random_qkv(M, B=2, M=M, N=N), mask=random_lists(rng, M, N, block, density)
    )


@pytest.mark.parametrize("lists", ((2, 1), (1, 4), (2, 4)))
def test_lists_of_batch_elements_and_heads(lists):
    rng = np.random.default_rng(1)
    for M, block in ((200, (64, 32)), (5, (1, 32)), (40, (8, 8))):
        mask = random_lists(rng, M, 300, block, 0.3, lists)
        check_sdpa(*random_qkv(2, B=2, H=4, Hk=2, M=M, N=300), mask=mask)


def random_groups(rng, M, N, block, groups, group):
    """Lists of random blocks, one for each of `groups` groups of heads."""
    lists = random_lists(rng, M, N, block, 0.3, (2, groups)).lists
    return m.blocks(attn.BlockLists(lists.row_ptr, lists.col, block, group))


@pytest.mark.parametrize("Hk", (1, 2, 4, 8))
@pytest.mark.parametrize("group", (2, 4, 8))
def test_lists_of_groups(group, Hk):
    """Groups of heads that are more, fewer or as many as those that share keys."""
    rng = np.random.default_rng(group * Hk)
    for M, block in ((1, (1, 32)), (40, (1, 8)), (40, (4, 16)), (33, (8, 8)), (100, (64, 32))):
        mask = random_groups(rng, M, 130, block, 8 // group, group)
        q, k, v = random_qkv(2, B=2, H=8, Hk=Hk, M=M, N=130)
        check_sdpa(q, k, v, mask=mask)
        check_sdpa(q, k, v, mask=mask & m.causal(), align="bottom_right")


def test_lists_of_groups_looked_up_by_pair():
    rng = np.random.default_rng(3)
    one = random_groups(rng, 40, 90, (1, 8), 2, 2)
    two = random_groups(rng, 40, 90, (16, 8), 1, 4)
    for mask in (~one, one | m.causal(), two & one, one & ~two):
        check_sdpa(*random_qkv(4, B=2, H=4, Hk=1, M=40, N=90), mask=mask, align="bottom_right")


@pytest.mark.parametrize(
    "rest",
    (m.causal(), m.window(40, 3), m.lens([100, 250]), m.docs([0, 50, 51, 260]), ~m.cols(70),
     m.causal() | m.cols(9), m.rows(5) | m.cols_last(30)),
    ids=str,
)
@pytest.mark.parametrize("block", ((64, 32), (16, 100), (2, 3)))
def test_and_another_mask(rest, block):
    rng = np.random.default_rng(3)
    mask = random_lists(rng, 300, 270, block, 0.4) & rest
    check_sdpa(*random_qkv(4, B=2, M=300, N=270), mask=mask, align="bottom_right")


def test_elsewhere_in_a_mask():
    """Under | and ~, and a second list, blocks are looked up pair by pair."""
    rng = np.random.default_rng(5)
    for M, N in ((70, 90), (3, 90)):
        one = random_lists(rng, M, N, (16, 8), 0.3, (1, 2))
        two = random_lists(rng, M, N, (7, 30), 0.5)
        for mask in (~one, one | m.causal(), one & two, two & ~one, ~(one | two) | m.cols(3)):
            check_sdpa(*random_qkv(6, B=2, M=M, N=N), mask=mask, align="bottom_right")


def test_with_clauses():
    rng = np.random.default_rng(7)
    mask = random_lists(rng, 150, 170, (32, 32), 0.4)
    q, k, v = random_qkv(8, B=2, M=150, N=170)
    bias = rng.standard_normal((1, 2, 150, 170)).astype(np.float32)
    sinks = np.array([0.5, -1.0], np.float32)
    check_sdpa(q, k, v, mask=mask, bias=bias, sinks=sinks, softcap=5.0)
    check_sdpa(q, k, v, mask=mask & m.causal(), sinks=sinks, align="top_left")


@pytest.mark.parametrize("dtype", (BF16, np.float16, np.float64))
def test_types(dtype):
    rng = np.random.default_rng(9)
    mask = random_lists(rng, 200, 200, (64, 32), 0.3) & m.causal()
    check_sdpa(*random_qkv(10, dtype, M=200, N=200), mask=mask)


def test_quantised_and_without_batch():
    rng = np.random.default_rng(24)
    for M in (1, 100):
        mask = random_lists(rng, M, 170, (32, 16), 0.4, (1, 2))
        q, k, v = (x[0] for x in random_qkv(25, H=2, Hk=1, M=M, N=170))
        check_sdpa(q, k, v, mask=mask)
        (k, key_scale), (v, value_scale) = attn.quantize(k), attn.quantize(v)
        check_sdpa(q, k, v, mask=mask, key_scale=key_scale, value_scale=value_scale)


@pytest.mark.parametrize("threads", (1, 2, 7))
def test_threads(threads):
    """Cells of unequal cost, cut for as many threads as there are: the bits are the same."""
    rng = np.random.default_rng(26)
    mask = random_lists(rng, 1000, 600, (192, 64), 0.5)
    q, k, v = random_qkv(27, M=1000, N=600)
    o, _ = check_sdpa(q, k, v, mask=mask, threads=threads)
    assert (o == attn.sdpa(q, k, v, mask=mask, threads=1)).all()


@pytest.mark.parametrize("N", (64, 5000, 9000))
def test_decoding(N):
    """One query: heads that share keys and lists are one tile, also beyond 4096 keys."""
    rng = np.random.default_rng(N)
    for lists in ((1, 1), (2, 8)):
        mask = random_lists(rng, 1, N, (1, 64), 0.2, lists)
        check_sdpa(*random_qkv(11, B=2, H=8, Hk=2, M=1, N=N), mask=mask)
        check_sdpa(*random_qkv(11, B=2, H=8, Hk=2, M=1, N=N), mask=mask & m.lens([N // 2, N]))


def test_parts_of_keys():
    """A schedule that splits the keys cuts runs of blocks at the borders of parts."""
    text = """
    func.func @kernel(%r: tensor<1x1x?xi32>, %c: tensor<?xi32>, %q: tensor<?x4x1x16xf32>,
                      %k: tensor<?x1x?x16xf32>) -> tensor<?x4x1x16xf32> {
      %m = attn.block_list %r, %c : tensor<1x1x?xi32>, tensor<?xi32> -> !attn.blocks<1, 48>
      %o = attn.sdpa %q, %k, %k mask(blocks(%m : !attn.blocks<1, 48>))
        schedule(#attn.schedule<query_block = 4, key_block = 32, panel = 4, rows = 4, form = row, split = 64, heads = 4>)
        : (tensor<?x4x1x16xf32>, tensor<?x1x?x16xf32>, tensor<?x1x?x16xf32>) -> tensor<?x4x1x16xf32>
      return %o : tensor<?x4x1x16xf32>
    }"""
    q, k, _ = random_qkv(12, B=2, H=4, Hk=1, M=1, N=500, D=16)
    columns = np.array([0, 1, 3, 4, 5, 6, 9, 10], np.int32)
    mask = m.blocks(([0, len(columns)], columns), block=(1, 48))
    o = attn.compile(text)(mask.lists.row_ptr, columns, q, k)
    exact = attn.reference.sdpa(q, k, k, mask=mask)
    assert np.abs(o - exact).max() < 1e-5


def test_unlisted_blocks_are_not_read():
    rng = np.random.default_rng(13)
    for M, block in ((200, (64, 32)), (1, (1, 32))):
        mask = random_lists(rng, M, 320, block, 0.4)
        q, k, v = random_qkv(14, M=M, N=320)
        seen = mask.materialize(M, 320).any(0)
        k[:, :, ~seen] = np.nan
        v[:, :, ~seen] = np.nan
        o, _ = check_sdpa(q, k, v, mask=mask)
        assert np.isfinite(o).all()


def test_tiles_are_those_listed():
    """A checkerboard of blocks visits half of them, and none in part."""
    checkers = np.indices((8, 8)).sum(0) % 2 == 0
    columns = np.argwhere(checkers)[:, 1].astype(np.int32)
    row_ptr = np.arange(0, 33, 4, dtype=np.int32)[None, None]
    kernel = attn.compile(CHECKED.replace("<16, 8>", "<128, 128>"))
    q = np.zeros((1, 1, 1024, 8), np.float32)
    kernel(row_ptr, columns, q, threads=2)
    assert kernel.stats["tiles_visited"] == 32
    assert kernel.stats["tiles_partial"] == 0
    assert kernel.stats["tiles_total"] == 64


def test_pages():
    """Blocks of keys stay within pages, whose table is read where a block is listed."""
    rng = np.random.default_rng(16)
    N, page = 512, 32
    for block in ((16, 32), (16, 8), (64, 128)):
        q, k, v = random_qkv(17, B=1, H=2, M=100, N=N)
        table = rng.permutation(N // page).astype(np.int32)[None]
        pages = [np.empty((N // page, page, 2, 32), np.float32) for _ in range(2)]
        for held, array in zip(pages, (k, v)):
            held[table[0]] = array[0].transpose(1, 0, 2).reshape(N // page, page, 2, 32)
        mask = random_lists(rng, 100, N, block, 0.3)
        o = attn.sdpa(q, *(attn.paged_view(held, table) for held in pages), mask=mask)
        assert np.abs(o - attn.reference.sdpa(q, k, v, mask=mask)).max() < 1e-5


def test_no_blocks_and_no_queries():
    q, k, v = random_qkv(18, M=100, N=80)
    o, lse = check_sdpa(q, k, v, mask=m.blocks((np.zeros(5, int), []), block=(32, 32)))
    assert (o == 0).all() and np.isneginf(lse).all()
    check_sdpa(q[:, :, :0], k, v, mask=m.blocks(([0], []), block=(32, 32)))
    check_sdpa(q, k[:, :, :0], v[:, :, :0], mask=m.blocks((np.zeros(5, int), []), block=(32, 32)))


def test_one_kernel_for_all_lengths():
    rng = np.random.default_rng(19)
    before = attn.stats()["kernels_compiled"]
    for M, N in ((31, 64), (500, 90), (64, 700)):
        mask = random_lists(rng, M, N, (32, 16), 0.5)
        attn.sdpa(*random_qkv(20, D=24, M=M, N=N), mask=mask)
    assert attn.stats()["kernels_compiled"] <= before + 1


def test_weights():
    rng = np.random.default_rng(21)
    mask = random_lists(rng, 40, 50, (16, 8), 0.5, (1, 2)) | m.cols(2)
    q, k, _ = random_qkv(22, M=40, N=50)
    assert np.abs(attn.weights(q, k, mask=mask) - attn.reference.weights(q, k, mask=mask)).max() < 4e-6


#: Lists that a kernel must refuse.
BAD = {
    "too few rows": ([[[0, 1, 2]]], [0, 1], "3 elements a head, expected 4"),
    "too many rows": ([[[0, 1, 2, 2, 2]]], [0, 1], "5 elements a head, expected 4"),
    "heads": (np.zeros((1, 3, 4)), [], "lists for 3 heads, expected 1 or 2"),
    "batch": (np.zeros((3, 1, 4)), [], "lists for 3 batch elements, expected 1 or 2"),
    "negative row_ptr": ([[[-1, 0, 0, 0]]], [], "-1 in row_ptr, expected at least 0"),
    "descending row_ptr": ([[[0, 2, 1, 2]]], [0, 1], "1 after 2 in row_ptr"),
    "beyond col": ([[[0, 1, 2, 5]]], [0, 1], "5 in row_ptr, expected at most the 2 elements"),
    "negative column": ([[[0, 1, 1, 1]]], [-1], "column -1, expected at least 0"),
    "column beyond N": ([[[0, 1, 1, 1]]], [5], "column 5, expected at most 4"),
    "descending columns": ([[[0, 2, 2, 2]]], [3, 1], "column 1 where 4 is the least"),
    "a column twice": ([[[0, 2, 2, 2]]], [3, 3], "column 3 where 4 is the least"),
}


@pytest.mark.parametrize("name", BAD)
def test_kernels_refuse_bad_lists(name):
    row_ptr, col, message = BAD[name]
    q = np.zeros((2, 2, 40, 8), np.float32)
    kernel = attn.compile(CHECKED)
    with pytest.raises(attn.ShapeError, match=message):
        kernel(np.array(row_ptr, np.int32), np.array(col, np.int32), q)


def test_heads_of_a_mask_are_checked():
    q, k, v = random_qkv(23, H=2, M=32, N=32)
    mask = m.blocks((np.zeros((3, 2), int), []), block=(32, 32))
    with pytest.raises(attn.ShapeError, match="lists for 3 heads, expected 1 or 2"):
        attn.sdpa(q, k, v, mask=mask)


MAPPED = {
    "causal": m.causal(),
    "window": m.window(50, 3),
    "near": m.near(20),
    "docs": m.docs([0, 40, 41, 200]),
    "lens": m.lens([100, 0]),
    "rows and cols": m.rows(3) | m.cols(70),
    "no interval": m.window(30, 0) & ~m.window(10, 0) & ~m.rows_last(9),
    "empty": m.empty(),
    "full": m.full(),
}


@pytest.mark.parametrize("align", ("top_left", "bottom_right"))
@pytest.mark.parametrize("name", MAPPED)
def test_block_map(name, align):
    """The blocks that hold a kept pair are listed, and no others."""
    mask = MAPPED[name]
    for M, N, (bq, bk) in ((210, 220, (32, 16)), (7, 300, (1, 64)), (300, 200, (128, 100))):
        lists = attn.block_map(mask, M, N, block=(bq, bk), align=align, batch=2, threads=2)
        assert lists.row_ptr.shape == (2, 1, -(-M // bq) + 1)
        lists.check(2, M, N)
        for b in range(2):
            kept = mask.materialize(M, N, b, align=align)
            kept = np.pad(kept, ((0, -M % bq), (0, -N % bk)))
            blocks = kept.reshape(-(-M // bq), bq, -(-N // bk), bk).any((1, 3))
            expected = blocks.repeat(bq, 0)[:M].repeat(bk, 1)[:, :N]
            assert (lists.evaluate(b, 0, M, N) == expected).all()


def test_block_map_of_a_mask_for_each_head():
    """Heads that the mask tells apart have to be counted."""
    mask = m.per_head([m.causal(), m.full()])
    with pytest.raises(attn.ShapeError, match="per_head has 2 masks, expected one for each of 1"):
        attn.block_map(mask, 8, 8, block=(4, 4))
    lists = attn.block_map(mask, 8, 8, block=(4, 4), heads=2)
    np.testing.assert_array_equal(np.diff(lists.row_ptr[0]), [[1, 2], [2, 2]])


def test_block_map_without_queries_or_keys():
    for M, N in ((0, 10), (10, 0), (0, 0)):
        lists = attn.block_map(m.full(), M, N, block=(4, 4))
        assert lists.row_ptr.shape[-1] == -(-M // 4) + 1 and len(lists.col) == 0


#: A kernel that maps a mask and attends to the blocks of the map.
MAPPING = """
func.func @kernel(%l: tensor<?xi32>, %q: tensor<?x2x?x8xf32>, %k: tensor<?x2x?x8xf32>) -> tensor<?x2x?x8xf32> {
  %c0 = arith.constant 0 : index
  %c2 = arith.constant 2 : index
  %b = tensor.dim %q, %c0 : tensor<?x2x?x8xf32>
  %m = tensor.dim %q, %c2 : tensor<?x2x?x8xf32>
  %n = tensor.dim %KEYS, %c2 : tensor<?x2x?x8xf32>
  %map = attn.block_map mask(all(causal, lens(%l : tensor<?xi32>))) shape(%m, %n) tile(32, 16)
    batch(%b) align(bottom_right) : !attn.blocks<32, 16>
  %o = attn.sdpa %q, %k, %k mask(all(blocks(%map : !attn.blocks<32, 16>), causal)) align(bottom_right)
    : (tensor<?x2x?x8xf32>, tensor<?x2x?x8xf32>, tensor<?x2x?x8xf32>) -> tensor<?x2x?x8xf32>
  return %o : tensor<?x2x?x8xf32>
}"""


def test_map_and_attention_in_one_kernel():
    q, k, _ = random_qkv(31, B=2, M=90, N=130, D=8)
    lengths = np.array([64, 112], np.int32)  # whole blocks
    o = attn.compile(MAPPING.replace("%KEYS", "%k"))(lengths, q, k)
    mask = m.causal() & m.lens(lengths)
    exact = attn.reference.sdpa(q, k, k, mask=mask, align="bottom_right")
    assert np.abs(o - exact).max() < 1e-5


def test_maps_of_another_problem_are_refused():
    kernel = attn.compile(MAPPING.replace("%KEYS", "%q"))
    q, k, _ = random_qkv(32, B=2, M=90, N=130, D=8)
    with pytest.raises(attn.ShapeError, match="made for 90 keys, expected 130"):
        kernel(np.array([64, 64], np.int32), q, k)
    with pytest.raises(attn.ShapeError, match="length 500, expected at most N = 90"):
        kernel(np.array([64, 500], np.int32), q, k)


def test_block_map_arguments():
    with pytest.raises(attn.ShapeError, match="expected align="):
        attn.block_map(m.causal(), 3, 4, block=(2, 2))
    with pytest.raises(attn.ShapeError, match="lens has 3 lengths, expected 1"):
        attn.block_map(m.lens([1, 2, 3]), 3, 4, block=(2, 2))
    with pytest.raises(attn.ArgumentError, match="mask is a str"):
        attn.block_map("causal", 3, 4, block=(2, 2))
    with pytest.raises(attn.ArgumentError, match="M is -1"):
        attn.block_map(m.full(), -1, 4, block=(2, 2))
    with pytest.raises(attn.ArgumentError, match="batch is 0"):
        attn.block_map(m.full(), 4, 4, block=(2, 2), batch=0)
    with pytest.raises(attn.ArgumentError, match="block is 2"):
        attn.block_map(m.full(), 4, 4, block=2)
    with pytest.raises(attn.ShapeError, match="has 10000000000 blocks to list at most"):
        attn.block_map(m.full(), 10**5, 10**5, block=(1, 1))


def test_kernels_refuse_maps_of_too_many_blocks():
    """No list of 2^31 blocks is begun."""
    text = MAPPING.replace("%KEYS", "%k").replace("32, 16", "1, 1")
    q = np.broadcast_to(np.float32(0), (1, 2, 70000, 8))
    with pytest.raises(attn.ShapeError, match="has 4900000000 blocks to list at most"):
        attn.compile(text)(np.array([70000], np.int32), q, q)


def test_block_map_of_lists():
    """Lists of other blocks: coarser ones hold finer ones."""
    rng = np.random.default_rng(33)
    fine = random_lists(rng, 100, 90, (8, 4), 0.1, (1, 2))
    lists = attn.block_map(fine, 100, 90, block=(16, 20), heads=2)
    both = m.blocks(lists) & fine
    for h in range(2):
        kept = fine.materialize(100, 90, h=h)
        assert (both.materialize(100, 90, h=h) == kept).all()
    with pytest.raises(attn.ShapeError, match="lists for 2 heads, expected 1"):
        attn.block_map(fine, 100, 90, block=(16, 20))
