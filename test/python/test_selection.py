"""Arguments of `attn.select` and `attn.compress`: what does not fit is refused, by name and value."""

import numpy as np
import pytest

import attn
from attn import masks as m

F32 = np.float32
SCORES = np.zeros((2, 4, 5, 7), F32)
FITTING = {"k": 3, "block": (16, 8)}


def refused(error, message, scores=SCORES, M=70, N=50, **changes):
    """Both the kernel's door and the reference's say so."""
    for select in (attn.select, attn.reference.select):
        with pytest.raises(error, match=message):
            select(scores, M, N, **{**FITTING, **changes})


def test_fitting_arguments_fit():
    assert attn.select(SCORES, 70, 50, **FITTING).row_ptr.shape == (2, 4, 6)


@pytest.mark.parametrize(
    "scores, message",
    (
        (SCORES.astype(np.float64), "scores has element type f64, expected one of f32, f16, bf16"),
        (SCORES.astype(int), "scores has element type i64"),
        (SCORES[0, 0], "scores has shape|scores has rank"),
    ),
)
def test_scores(scores, message):
    refused(attn.ShapeError, message, scores)


@pytest.mark.parametrize(
    "M, N, message",
    (
        (90, 50, "scores have 5 rows of blocks, expected 6 for 90 queries in blocks of 16"),
        (70, 60, "scores have 7 blocks of keys, expected 8 for 60 keys"),
    ),
)
def test_extents(M, N, message):
    refused(attn.ShapeError, message, M=M, N=N)


@pytest.mark.parametrize(
    "changes, message",
    (
        ({"k": 0}, "k is 0, expected a whole number in 1"),
        ({"k": 2.5}, "k is 2.5, expected a whole number"),
        ({"k": True}, "k is True, expected a whole number"),
        ({"group": 0}, "group is 0, expected a whole number in 1"),
        ({"initial": -1}, "initial is -1, expected a whole number in 0"),
        ({"local": "2"}, "local is '2', expected a whole number"),
        ({"initial": 2, "local": 2}, "initial is 2 and local is 2, expected no more than k = 3"),
        ({"block": 16}, r"block is 16, expected \(bq, bk\)"),
        ({"stride": 4}, "stride is 4 without length, expected both or neither"),
        ({"length": 0}, "length is 0, expected a whole number in 1"),
        ({"length": 9, "stride": 4}, "length is 9, stride is 4: expected a multiple"),
        ({"length": 16}, r"block\[1\] is 8, stride is 16: expected a multiple"),
        ({"mask": "causal"}, "mask is a str, expected an expression of attn.masks"),
        ({"align": "left"}, "align is 'left', expected 'top_left' or 'bottom_right'"),
        ({"group": 2, "mask": m.per_head([m.causal()] * 3 + [m.full()]), "align": "top_left"},
         "mask tells heads apart, 2 heads choose together"),
    ),
)
def test_numbers(changes, message):
    refused(attn.ArgumentError, message, **changes)


@pytest.mark.parametrize(
    "changes, message",
    (
        ({"group": 3}, "scores have 4 heads, expected a multiple of the group of 3"),
        ({"length": 8, "stride": 4}, "scores have 7 compressed keys, expected 11 for 50 keys"),
        ({"mask": m.causal()}, "70 queries and 50 keys with a mask that uses query positions"),
        ({"mask": m.lens([50, 51])}, r"lens\[1\] is 51, expected a length in 0..50"),
        ({"mask": m.lens([1, 2, 3])}, "lens has 3 lengths, expected 2"),
    ),
)
def test_problems(changes, message):
    refused(attn.ShapeError, message, **changes)


@pytest.mark.parametrize(
    "x, length, stride, error, message",
    (
        (SCORES[0, 0], 2, None, attn.ShapeError, "x has shape|x has rank"),
        (SCORES.astype(int), 2, None, attn.ShapeError, "x has element type i64"),
        (SCORES, 0, None, attn.ArgumentError, "length is 0, expected a whole number in 1"),
        (SCORES, 2, 0, attn.ArgumentError, "stride is 0, expected a whole number in 1"),
        (SCORES, 2**31, 1, attn.ArgumentError, "length is 2147483648, expected a whole number"),
    ),
)
def test_compress(x, length, stride, error, message):
    for compress in (attn.compress, attn.reference.compress):
        with pytest.raises(error, match=message):
            compress(x, length, stride)


def test_lists_say_for_how_many_heads_they_are():
    """Their text names the group; two groups of two are no lists for six heads."""
    lists = attn.select(SCORES, 70, 50, group=2, **FITTING)
    operands = []
    text = m.blocks(lists).mlir(operands)
    assert text == "blocks<16, 8, 2>(%mask0 : tensor<?x?x?xi32>, %mask1 : tensor<?xi32>)"
    q = np.zeros((2, 6, 70, 8), F32)
    with pytest.raises(attn.ShapeError, match="lists for 2 groups of heads, expected 1 or 3"):
        attn.sdpa(q, q[:, :, :50], q[:, :, :50], mask=m.blocks(lists))
    with pytest.raises(attn.ShapeError, match="groups of 2 heads, there are 5: expected a multiple"):
        attn.sdpa(q[:, :5], q[:, :5, :50], q[:, :5, :50], mask=m.blocks(lists))
    with pytest.raises(attn.ArgumentError, match="group is 0, expected the number of heads"):
        attn.BlockLists([0, 1], [0], (8, 8), 0)
