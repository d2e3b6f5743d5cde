"""Extents of low-rank ops that only a run knows are refused by kernels, with their values."""

import numpy as np
import pytest

import attn

F = np.float32
ANY = "tensor<?x?x?x?xf32>"
ROWS = "tensor<?x?x?xf32>"


def run(op, arguments, result, *arrays):
    """Runs `op` on arrays of types known at run time."""
    names = ", ".join(f"%{k}: {kind}" for k, kind in enumerate(arguments))
    text = f"func.func @f({names}) -> {result} {{\n  %r = {op} -> {result}\n  return %r : {result}\n}}"
    return attn.compile(text)(*[np.zeros(shape, F) for shape in arrays])


NYSTROM = f"attn.nystrom %0, %1, %2 landmarks(4) scale(0.5) : {ANY}, {ANY}, {ANY}"
LINFORMER = f"attn.linformer %0, %1, %2, %3, %4 scale(0.5) : {ANY}, {ANY}, {ANY}, {ROWS}, {ROWS}"
LATENT = f"attn.latent %0, %1, %2, %3, %4 scale(0.5) : {ANY}, {ANY}, {ROWS}, {ROWS}, {ROWS}"

NYSTROM_CASES = {
    "key has batch size 2, query has 1": [(1, 2, 5, 8), (2, 2, 5, 8), (2, 2, 5, 8)],
    "query has 3 heads, key has 2": [(1, 3, 5, 8), (1, 2, 5, 8), (1, 2, 5, 8)],
    "key has width 7, query has 8": [(1, 2, 5, 8), (1, 2, 5, 7), (1, 2, 5, 8)],
    "value has length 6, key has 5": [(1, 2, 5, 8), (1, 2, 5, 8), (1, 2, 6, 8)],
    "4 landmarks, query has 3 rows": [(1, 2, 3, 8), (1, 2, 5, 8), (1, 2, 5, 8)],
    "4 landmarks, key has 3 rows": [(1, 2, 5, 8), (1, 2, 3, 8), (1, 2, 3, 8)],
}


@pytest.mark.parametrize("match", NYSTROM_CASES)
def test_nystrom(match):
    with pytest.raises(attn.ShapeError, match=match):
        run(NYSTROM, [ANY] * 3, ANY, *NYSTROM_CASES[match])


QKV = [(1, 4, 5, 8), (1, 2, 6, 8), (1, 2, 6, 8)]
LINFORMER_CASES = {
    "tensor has 6 rows, key_projection has 5 columns": [(2, 3, 5), (2, 3, 6)],
    "tensor has 6 rows, value_projection has 5 columns": [(2, 3, 6), (2, 3, 5)],
    "value_projection has row count 4, key_projection has 3": [(2, 3, 6), (2, 4, 6)],
    "value_projection has head count 4, key_projection has 2": [(2, 3, 6), (4, 3, 6)],
    "key_projection has 3 heads, the projected tensor has 2": [(3, 3, 6), (3, 3, 6)],
    "query has 4 heads, the projections have 8": [(8, 3, 6), (8, 3, 6)],
}


@pytest.mark.parametrize("match", LINFORMER_CASES)
def test_linformer(match):
    with pytest.raises(attn.ShapeError, match=match):
        run(LINFORMER, [ANY] * 3 + [ROWS] * 2, ANY, *QKV, *LINFORMER_CASES[match])


GOOD = [(2, 4, 5, 8), (2, 4, 5, 6), (2, 7, 16), (4, 10, 8), (4, 10, 12)]
LATENT_CASES = {
    "q_rope has length 4, q_nope has 5": (1, (2, 4, 4, 6)),
    "latent has batch size 3, q_nope has 2": (2, (3, 7, 16)),
    "latent has width 15, w_uk, in rows, with q_rope has 16": (2, (2, 7, 15)),
    "w_uk has head count 2, q_nope has 4": (3, (2, 10, 8)),
    "w_uk has column count 9, the width of q_nope has 8": (3, (4, 10, 9)),
    "w_uv has row count 9, w_uk has 10": (4, (4, 9, 12)),
}


@pytest.mark.parametrize("match", LATENT_CASES)
def test_latent(match):
    place, shape = LATENT_CASES[match]
    shapes = [*GOOD]
    shapes[place] = shape
    with pytest.raises(attn.ShapeError, match=match):
        run(LATENT, [ANY] * 2 + [ROWS] * 3, ANY, *shapes)
    assert run(LATENT, [ANY] * 2 + [ROWS] * 3, ANY, *GOOD).shape == (2, 4, 5, 12)


def test_segments():
    kind = "tensor<2x?x8xf32>"
    with pytest.raises(attn.ShapeError, match="4 segments of 3 rows"):
        run(f"attn.compress %0 segment_mean(4) : {kind}", [kind], "tensor<2x4x8xf32>", (2, 3, 8))


def test_lens():
    kind = "tensor<2x1x?x8xf32>"
    kernel = attn.compile(
        f"func.func @f(%x: {kind}, %n: tensor<?xi32>) -> tensor<2x1x4x8xf32> {{\n"
        f"  %r = attn.compress %x segment_mean(4) lens(%n : tensor<?xi32>) : {kind} -> tensor<2x1x4x8xf32>\n"
        "  return %r : tensor<2x1x4x8xf32>\n}"
    )
    x = np.ones((2, 1, 6, 8), F)
    for lens, match in (([7], "length 7, expected at most N = 6"), ([-1, 2], "length -1, expected at least 0"),
                        ([1, 2, 3], "3 lengths, expected 1 or B = 2")):
        with pytest.raises(attn.ShapeError, match=match):
            kernel(x, np.array(lens, np.int32))
    assert kernel(x, np.array([0, 2], np.int32))[:, 0, :, 0].tolist() == [[0] * 4, [1] * 4]
