"""Selection of blocks: what kernels choose is what sorting in float64 chooses."""

import numpy as np
import pytest

import attn
from attn import masks as m
from attn.selection import count_windows
from numerics import BF16, F16, F32, F64, check_sdpa, random_qkv


def whole_scores(seed, *shape, most=9):
    """Scores that sums in any order give exactly, with many ties."""
    return np.random.default_rng(seed).integers(0, most, shape).astype(F32)


def check_select(scores, M, N, *, threads=2, **choice):
    """Runs attn.select, compares it with the reference, and returns the lists."""
    lists = attn.select(scores, M, N, threads=threads, **choice)
    exact = attn.reference.select(scores, M, N, **choice)
    np.testing.assert_array_equal(lists.row_ptr, exact.row_ptr)
    np.testing.assert_array_equal(lists.col, exact.col)
    lists.check(None, M, N)
    return lists


SHAPES = [
    # M, N, block: ragged at both ends, one query, one block, blocks of one pair, wide ones.
    (300, 333, (64, 32)),
    (1, 500, (1, 64)),
    (40, 30, (64, 64)),
    (37, 41, (1, 1)),
    (77, 90, (7, 5)),
    (100, 2000, (16, 8)),
]


@pytest.mark.parametrize("k", (1, 3, 16, 1000))
@pytest.mark.parametrize("M, N, block", SHAPES)
def test_shapes(M, N, block, k):
    """k may be more than there are blocks: then all are listed."""
    rows, cols = -(-M // block[0]), -(-N // block[1])
    scores = whole_scores(M, 2, 3, rows, cols, most=50)
    for most in (50, 2):
        lists = check_select(scores % most, M, N, k=k, block=block)
        assert (np.diff(lists.row_ptr) == min(k, cols)).all()


@pytest.mark.parametrize("align", ("top_left", "bottom_right"))
@pytest.mark.parametrize(
    "mask",
    (m.causal(), m.window(70, 0), m.lens([100, 250]), m.docs([0, 50, 51, 260]), m.stride(40),
     m.causal() & ~m.cols(70), m.empty()),
    ids=str,
)
def test_candidates(mask, align):
    """Blocks without a pair of the mask are never chosen, not even as initial or local ones."""
    scores = whole_scores(1, 2, 2, 19, 17)
    for initial, local in ((0, 0), (1, 2), (4, 0), (0, 4)):
        lists = check_select(
            scores, 300, 270, k=4, block=(16, 16), mask=mask, align=align, initial=initial,
            local=local,
        )
        both = m.blocks(lists) & mask
        # Each listed block holds a pair that is kept.
        for b in range(2):
            kept = both.materialize(300, 270, b=b, align=align)
            blocks = np.zeros((304, 272), bool)
            blocks[:300, :270] = kept
            held = blocks.reshape(19, 16, 17, 16).any((1, 3)).sum()
            h = lists.row_ptr[min(b, len(lists.row_ptr) - 1), 0]
            assert held == h[-1] - h[0]


def test_no_block_of_the_future():
    """The highest scores lie in the future of each query, and are not chosen."""
    scores = np.arange(64, dtype=F32) + np.zeros((1, 1, 64, 64), F32)
    lists = check_select(scores, 64 * 16, 64 * 16, k=3, block=(16, 16), mask=m.causal())
    col, row = lists.entries()
    assert (col <= row).all() and (col > row - 3).all()


@pytest.mark.parametrize("group", (1, 2, 4))
def test_groups(group):
    """A list for each group of heads, which all of its heads keep to."""
    scores = whole_scores(2, 2, 4, 10, 12)
    lists = check_select(scores, 160, 384, k=5, block=(16, 32), group=group, local=1)
    assert lists.row_ptr.shape == (2, 4 // group, 11) and lists.group == group
    for h in range(4):
        first = m.blocks(lists).materialize(160, 384, b=1, h=h // group * group)
        assert (m.blocks(lists).materialize(160, 384, b=1, h=h) == first).all()


def test_mask_that_tells_heads_apart():
    """Without groups, each head has the candidates of its own mask."""
    scores = whole_scores(3, 1, 2, 8, 8)
    mask = m.per_head([m.causal(), m.window(20, 0)])
    lists = check_select(scores, 64, 64, k=4, block=(8, 8), mask=mask)
    assert lists.row_ptr.shape[1] == 2


def test_ties_go_to_the_first():
    for value in (0.0, 1.0, -3.5, np.inf):
        scores = np.full((1, 1, 2, 40), value, F32)
        lists = check_select(scores, 2, 40, k=7, block=(1, 1))
        assert lists.col.tolist() == list(range(7)) * 2


def test_zeros_of_both_signs_are_equal():
    scores = np.array([-0.0, 0.0, -1.0, 0.0, -0.0], F32).reshape(1, 1, 1, 5)
    assert check_select(scores, 1, 5, k=3, block=(1, 1)).col.tolist() == [0, 1, 3]


def test_order_of_all_kinds_of_numbers():
    """Each k chooses the k highest, over all magnitudes and both signs."""
    tiny, huge = np.finfo(F32).tiny, np.finfo(F32).max
    values = [np.inf, huge, 2.0, 1.0, tiny, tiny / 4, 0.0, -tiny / 4, -tiny, -1.0, -2.0, -huge]
    order = np.random.default_rng(4).permutation(len(values))
    scores = np.array(values, F32)[order].reshape(1, 1, 1, -1)
    for k in range(1, len(values) + 1):
        lists = check_select(scores, 1, len(values), k=k, block=(1, 1))
        assert sorted(order[lists.col]) == list(range(k))


def test_infinite_and_undefined_scores():
    """-inf and NaN of either sign are not chosen by score; initial and local blocks are taken."""
    scores = whole_scores(5, 1, 2, 30, 20)
    rng = np.random.default_rng(6)
    for value in (-np.inf, np.nan, -np.float32(np.nan)):
        scores[rng.random(scores.shape) < 0.4] = value
    scores[0, 0, 7] = np.nan
    lists = check_select(scores, 30, 20, k=6, block=(1, 1))
    assert lists.row_ptr[0, 0, 7] == lists.row_ptr[0, 0, 8]
    check_select(scores, 30, 20, k=6, block=(1, 1), group=2)
    lists = check_select(scores, 30, 20, k=6, block=(1, 1), initial=1, local=2)
    assert lists.col[lists.row_ptr[0, 0, 7] : lists.row_ptr[0, 0, 8]].tolist() == [0, 18, 19]


@pytest.mark.parametrize("length, stride, bk", ((32, 16, 64), (16, 16, 16), (48, 16, 16), (8, 2, 6)))
def test_scores_of_compressed_keys(length, stride, bk):
    """Scores of overlapping compressed keys count by the cells that they share with a block."""
    for N in (length - 1, length, 500, 511):
        scores = whole_scores(N, 2, 4, 50, count_windows(N, length, stride))
        check_select(
            scores, 50, N, k=5, block=(1, bk), group=2, length=length, stride=stride, initial=1,
            local=2, mask=m.causal(), align="bottom_right",
        )


def test_cells_as_the_paper_sums_them():
    """With stride s, l = 2 s and bk = 4 s, keys 3..7 touch block 1, with 1, 2, 2, 2, 1 cells."""
    for e, cells in ((2, 0), (3, 1), (4, 2), (5, 2), (6, 2), (7, 1), (8, 0)):
        for least in (1, 2, 3):
            scores = np.zeros((1, 1, 1, count_windows(320, 32, 16)), F32)
            scores[..., e] = 1
            # Two cells in block 4, which are worth more than least - 1 and less than least.
            scores[..., 17] = (least - 0.5) / 2
            choice = {"k": 1, "block": (1, 64), "length": 32, "stride": 16, "mask": ~m.cols(64)}
            lists = check_select(scores, 1, 320, **choice)
            assert (lists.col[0] == 1) == (cells >= least), (e, least)


@pytest.mark.parametrize("dtype", (F16, BF16))
def test_types(dtype):
    scores = (whole_scores(7, 1, 4, 9, 11) / 4).astype(dtype)
    check_select(scores, 9, 11, k=4, block=(1, 1), group=2)


def test_strides_and_rank():
    scores = whole_scores(8, 2, 9, 4, 22)[1].transpose(1, 0, 2)[:, :, ::-2]
    check_select(scores, 9, 11, k=4, block=(1, 1))


@pytest.mark.parametrize("B, H, M, N", ((0, 2, 8, 8), (2, 0, 8, 8), (1, 2, 0, 8), (1, 2, 8, 0)))
def test_nothing_at_all(B, H, M, N):
    scores = np.zeros((B, H, -(-M // 4), -(-N // 4)), F32)
    lists = check_select(scores, M, N, k=2, block=(4, 4), mask=m.causal(), align="top_left")
    assert len(lists.col) == (2 + 1 if min(B, H, M, N) else 0)


@pytest.mark.parametrize("threads", (1, 2, 7))
def test_threads(threads):
    scores = np.random.default_rng(9).standard_normal((2, 4, 300, 200)).astype(F32)
    check_select(scores, 300, 200, k=16, block=(1, 1), mask=m.causal(), align="top_left",
                 threads=threads)


@pytest.mark.parametrize("H, Hk, M", ((4, 2, 130), (4, 1, 130), (2, 2, 1)))
def test_attention_to_what_was_chosen(H, Hk, M):
    """Ragged lengths, grouped heads: attention over the lists is attention over their pairs."""
    q, k, v = random_qkv(10, B=2, H=H, Hk=Hk, M=M, N=333)
    scores = np.random.default_rng(11).standard_normal((2, H, -(-M // 16), 11)).astype(F32)
    lists = attn.select(
        scores, M, 333, k=4, block=(16, 32), group=H // Hk, initial=1, local=1,
        mask=m.causal(), align="bottom_right",
    )
    check_sdpa(q, k, v, mask=m.blocks(lists) & m.causal(), align="bottom_right")


@pytest.mark.parametrize("block", ((1, 16), (32, 16)))
def test_blocks_that_are_not_chosen_are_not_read(block):
    """Odd blocks of keys score low and hold NaN."""
    q, k, v = random_qkv(19, H=4, Hk=2, M=90, N=160)
    scores = np.zeros((1, 4, -(-90 // block[0]), 10), F32)
    scores[..., 1::2] = -1
    lists = attn.select(scores, 90, 160, k=5, block=block, group=2)
    odd = np.arange(160) // 16 % 2 == 1
    k[:, :, odd] = np.nan
    v[:, :, odd] = np.nan
    o = attn.sdpa(q, k, v, mask=m.blocks(lists))
    exact = attn.reference.sdpa(q, k[:, :, ~odd], v[:, :, ~odd])
    assert np.abs(o - exact).max() < 1e-5


def test_top_k_of_keys():
    """Blocks of one pair: the k highest scores of each row, as in arXiv:2106.06899."""
    q, k, v = random_qkv(12, H=2, M=50, N=70)
    scores = q @ k.swapaxes(-1, -2)
    lists = attn.select(scores, 50, 70, k=8, block=(1, 1), mask=m.causal(), align="bottom_right")
    mask = m.blocks(lists) & m.causal()
    check_sdpa(q, k, v, mask=mask, align="bottom_right")
    # The causal mask keeps more than 8 keys of each row.
    visible = np.where(m.causal().materialize(50, 70, align="bottom_right"), scores[0, 1], -np.inf)
    least = np.sort(visible, -1)[:, -8:-7]
    kept = mask.materialize(50, 70, h=1, align="bottom_right")
    np.testing.assert_array_equal(kept, visible >= least)


#: Selection and attention in one kernel, which checks what types leave open.
TOGETHER = """
func.func @kernel(%s: tensor<?x?x?x?xf32>, %q: tensor<?x?x?x8xf32>, %k: tensor<?x?x?x8xf32>)
    -> tensor<?x?x?x8xf32> {
  %c2 = arith.constant 2 : index
  %m = tensor.dim %q, %c2 : tensor<?x?x?x8xf32>
  %n = tensor.dim %ROWS, %c2 : tensor<?x?x?x8xf32>
  %past = attn.block_map mask(causal) shape(%m, %n) tile(16, 8) : !attn.blocks<16, 8, 2>
  %list = attn.select %s shape(%m, %n) k(3) local(1)
    among(%past : !attn.blocks<16, 8, 2>) : tensor<?x?x?x?xf32> -> !attn.blocks<16, 8, 2>
  %o = attn.sdpa %q, %k, %k mask(all(blocks(%list : !attn.blocks<16, 8, 2>), causal)) align(top_left)
    : (tensor<?x?x?x8xf32>, tensor<?x?x?x8xf32>, tensor<?x?x?x8xf32>) -> tensor<?x?x?x8xf32>
  return %o : tensor<?x?x?x8xf32>
}"""


@pytest.mark.parametrize("H, B", ((2, 1), (4, 1), (4, 2)))
def test_in_one_kernel(H, B):
    """Lists of one group, of several, and of one batch element for all."""
    kernel = attn.compile(TOGETHER.replace("%ROWS", "%k"))
    q, k, _ = random_qkv(13, B=2, H=H, Hk=1, M=50, N=70, D=8)
    scores = whole_scores(14, B, H, 4, 9)
    o = kernel(scores, q, k)
    lists = attn.reference.select(
        scores, 50, 70, k=3, block=(16, 8), group=2, local=1, mask=m.causal(), align="top_left"
    )
    exact = attn.reference.sdpa(q, k, k, mask=m.blocks(lists) & m.causal(), align="top_left")
    assert np.abs(o - exact).max() < 1e-5


@pytest.mark.parametrize(
    "shape, message",
    (
        ((2, 3, 4, 9), "scores have 3 heads, expected a multiple of the group of 2"),
        ((2, 4, 5, 9), "scores have 5 rows of blocks, expected 4"),
        ((2, 4, 4, 8), "scores have 8 blocks of keys, expected 9"),
        ((3, 4, 4, 9), "made for 3 batch elements, expected 2"),
        ((2, 6, 4, 9), "made for 3 groups of heads, expected 2"),
    ),
)
def test_scores_of_another_problem_are_refused(shape, message):
    kernel = attn.compile(TOGETHER.replace("%ROWS", "%k"))
    q, k, _ = random_qkv(15, B=2, H=4, Hk=1, M=50, N=70, D=8)
    with pytest.raises(attn.ShapeError, match=message):
        kernel(np.zeros(shape, F32), q, k)


def test_selections_of_another_problem_are_refused():
    kernel = attn.compile(TOGETHER.replace("%ROWS", "%q"))
    q, k, _ = random_qkv(16, B=2, H=4, Hk=1, M=50, N=70, D=8)
    with pytest.raises(attn.ShapeError, match="made for 50 keys, expected 70"):
        kernel(np.zeros((2, 4, 4, 7), F32), q, k)


@pytest.mark.parametrize("dtype", (F32, F64, F16, BF16))
@pytest.mark.parametrize("length, stride", ((32, 16), (4, None), (5, 7), (1, 1), (100, 3)))
def test_compress(length, stride, dtype):
    """Means of overlapping and of separate blocks; NaN behind the last block is not read."""
    rng = np.random.default_rng(17)
    for N in (length - 1, length, 150):
        x = rng.standard_normal((2, 3, N, 20)).astype(dtype)
        count = count_windows(N, length, stride or length)
        used = (count - 1) * (stride or length) + length if count else 0
        x[:, :, used:] = np.nan
        y, exact = attn.compress(x, length, stride), attn.reference.compress(x, length, stride)
        assert y.dtype == dtype and y.shape == exact.shape == (2, 3, count, 20)
        most = 2e-7 * length * np.abs(x[:, :, :used].astype(F64)).max(initial=0)
        rounding = {F16: 2.0**-11, BF16: 2.0**-8}.get(dtype, 0) * np.abs(exact)
        bound = (1e-15 * length if dtype == F64 else most) + rounding
        assert (np.abs(y.astype(F64) - exact) <= bound).all()


def test_compress_any_layout():
    rng = np.random.default_rng(18)
    x = rng.standard_normal((40, 6, 3)).astype(F32).transpose(2, 0, 1)[:, ::-1]
    y = attn.compress(x, 8, 4)
    np.testing.assert_allclose(y, attn.reference.compress(x, 8, 4), atol=1e-6)
    for empty in ((0, 2, 9, 4), (2, 0, 9, 4), (2, 2, 0, 4), (2, 2, 9, 0)):
        assert attn.compress(np.zeros(empty, F32), 3).shape == (*empty[:2], empty[2] // 3, empty[3])
