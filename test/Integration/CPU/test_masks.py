"""Every mask alone, in both alignments; random compositions are in test_mask_compositions.py."""

import numpy as np
import pytest

import attn
from attn import masks as m
from numerics import BF16, check_sdpa, random_qkv

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
    "stride": m.stride(3),
    "stride power of two": m.stride(8),
    "stride far": m.stride(2**31 - 1),
    "colmod": m.colmod(7, 3),
    "dilated": m.window(12, 12) & m.stride(4),
    "block": m.block(7, m.causal()),
    "block power of two": m.block(16, m.window(1, 1)),
    "chunks": m.causal() & m.block(30, m.window(0, 0)),
    "block all": m.block(2**31 - 1, m.causal()),
    "block of rows": m.block(5, m.rows(2) | m.rows_last(1) & m.cols_last(3)),
    "block of stride": m.block(3, m.stride(2) | m.colmod(4, 1)),
    "block of near": m.block(9, m.near(3)),
    "blocks of blocks": m.block(3, m.causal() & m.block(4, m.window(0, 0))),
    "not block": ~m.block(11, m.window(1, 0)),
    "per_head": m.per_head([m.causal(), m.window(9, 0) | m.cols(3)]),
    "per_head block": m.block(4, m.per_head([m.near(3), m.stride(2)])),
    "per_head alike": m.per_head([m.causal(), m.causal()]),
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
        "block of docs": m.block(4, m.docs([0, N // 11, N // 6, -(-N // 4)])),
        "block of lens": m.block(4, m.lens([N // 9, N // 8])),
    }


def token_masks(N):
    """Masks that read a number for each of N tokens."""
    few = [(5 * n) % 7 % 4 - 1 for n in range(N)]
    ranks = [(17 * n) % (N + 1) for n in range(N)]
    blocks = [n % 3 for n in range(-(-N // 5))]
    return {
        "same": m.same(few),
        "same sorted": m.same(sorted(few)),
        "order": m.order(ranks),
        "strict order": m.order(ranks) & ~m.same(ranks),
        "flags": m.window(3, 3) | m.flags([n % 50 == 20 for n in range(N)]),
        "block of same": m.block(5, m.same(blocks)),
        "block of order": m.block(5, m.order(blocks) & m.causal()),
        "per_head of tokens": m.per_head([m.same(few), m.order(ranks)]),
    }


@pytest.mark.parametrize("align", ALIGNMENTS)
@pytest.mark.parametrize("name", [*ATOMS, *operand_masks(0)])
def test_alone(name, align):
    for M, N in SIZES:
        mask = ATOMS.get(name) or operand_masks(N)[name]
        check_sdpa(*random_qkv(M, B=2, M=M, N=N), mask=mask, align=align)


@pytest.mark.parametrize("align", ALIGNMENTS)
@pytest.mark.parametrize("name", token_masks(1))
def test_tokens(name, align):
    for M, N in SIZES:
        if M <= N:
            mask = token_masks(N)[name]
            check_sdpa(*random_qkv(M, B=2, M=M, N=N), mask=mask, align=align)


def grid_masks():
    """Masks on grids, by their shapes."""
    near, cut = m.near(3), m.window(1, 1)
    columns = [n % 4 // 2 for n in range(14)]
    return {
        "near": m.grid([9, 14], [near, m.near(5)]),
        "cut off": m.grid([9, 14], [cut, m.window(3, 2)]),
        "rows": m.grid([9, 14], [near, m.full()]),
        "columns": m.grid([9, 14], [m.full(), near]),
        "video": m.grid([3, 6, 7], [m.causal() & m.window(1, 0), near, m.near(5)]),
        "one axis": m.grid([126], [m.near(31)]),
        "points": m.grid([2, 1, 7, 1, 9], [m.causal(), m.near(1) & m.cols(1), cut, m.full(), near]),
        "any": m.grid([9, 14], [near | m.cols(1), near | m.cols_last(1)]),
        "strides": m.grid([9, 14], [m.stride(2), m.block(4, m.window(0, 0))]),
        "tokens": m.grid([9, 14], [m.docs([0, 4, 9]), m.same(columns)]),
        "not": ~m.grid([9, 14], [near, near]),
        "heads": m.per_head([m.grid([9, 14], [near, near]), m.grid([14, 9], [cut, m.full()])]),
    }


@pytest.mark.parametrize("align", ALIGNMENTS)
@pytest.mark.parametrize("name", grid_masks())
def test_grid(name, align):
    """All queries, few, and more than there are points."""
    for M in (126, 1, 20, 150):
        check_sdpa(*random_qkv(M, B=2, M=M, N=126), mask=grid_masks()[name], align=align)


@pytest.mark.parametrize("name", ["stride", "chunks", "block of stride", "per_head block"])
def test_bfloat16(name):
    for M, N in SIZES:
        check_sdpa(*random_qkv(M, BF16, B=2, M=M, N=N), mask=ATOMS[name], align="bottom_right")


@pytest.mark.parametrize("name", token_masks(1))
def test_tokens_in_bfloat16(name):
    check_sdpa(*random_qkv(5, BF16, B=2, M=130, N=130), mask=token_masks(130)[name])


@pytest.mark.parametrize("name", grid_masks())
def test_grid_in_bfloat16(name):
    check_sdpa(*random_qkv(5, BF16, B=2, M=126, N=126), mask=grid_masks()[name])


@pytest.mark.parametrize("rows", (1, 3, 4))
@pytest.mark.parametrize("heads", ((4, 2), (4, 1)), ids=str)
def test_heads_that_share_keys(heads, rows):
    """Decoding steps fold heads together, whose masks differ; sinks stay with their head."""
    H, Hk = heads
    own = [m.causal(), m.window(20, 0) | m.cols(2), m.empty(), m.block(8, m.stride(3))]
    for N in (7, 133, 300):
        q, k, v = random_qkv(N, B=2, H=H, Hk=Hk, M=rows, N=N)
        sinks = np.linspace(-1, 1, H).astype(np.float32)
        check_sdpa(q, k, v, mask=m.per_head(own), align="bottom_right", sinks=sinks)
        check_sdpa(q, k, v, mask=m.flags([n % 9 == 4 for n in range(N)]), sinks=sinks)
        check_sdpa(q, k, v, mask=m.order([(3 * n) % N for n in range(N)]) & m.cols(100))


# Masks on 600 keys, and keys that they let nobody see.
UNSEEN = {
    "block": (m.block(16, m.cols(4)), range(64, 600)),
    "not block": (~m.block(16, m.cols(25)), range(400)),
    "per_head": (m.per_head([m.cols(64), m.cols(7)]), range(64, 600)),
    "grid rows": (m.grid([40, 15], [m.cols(3), m.near(5)]), range(45, 600)),
    "grid frames": (m.grid([4, 10, 15], [m.cols_last(2), m.near(3), m.full()]), range(300)),
    "tokens": (m.block(30, m.same([n % 3 for n in range(20)]) & m.cols(2)), range(60, 600)),
}


@pytest.mark.parametrize("rows", (600, 1))
@pytest.mark.parametrize("name", UNSEEN)
def test_poison_in_keys_that_nobody_sees(name, rows):
    """NaN in keys and values of blocks that a mask proves empty leaves no trace."""
    mask, unseen = UNSEEN[name]
    q, k, v = random_qkv(3, B=2, M=rows, N=600)
    clean = attn.sdpa(q, k, v, mask=mask, align="bottom_right")
    # A block of keys is shorter than 150, and one that is seen in part may be read in whole.
    first = unseen.start and unseen.start + 150
    last = unseen.stop if unseen.stop == 600 else unseen.stop - 150
    k[:, :, first:last], v[:, :, first:last] = np.nan, np.nan
    np.testing.assert_array_equal(attn.sdpa(q, k, v, mask=mask, align="bottom_right"), clean)


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
