"""Compression and selection in float64 NumPy: what `attn.reference` has of them.

Blocks are enumerated and sorted; nothing is shared with the kernels, which find the
least chosen score by counting.
"""

from __future__ import annotations

import numpy as np

from ._attn import Tensor
from .arrays import wide
from .block_lists import BlockLists
from .checks import check_float, check_rank
from .selection import check_scores, check_select, check_windows, count_windows


def compress(x, length, stride=None, *, threads=None):
    """`attn.compress` in float64."""
    view = Tensor(x, "x")
    check_float(view)
    check_rank(view, 3, 4)
    length, stride = check_windows(length, stride)
    x = wide(x)
    y = np.zeros((*x.shape[:-2], count_windows(x.shape[-2], length, stride), x.shape[-1]))
    for c in range(y.shape[-2]):
        y[..., c, :] = x[..., c * stride : c * stride + length, :].mean(-2)
    return y


def shared_cells(choice):
    """[C, blocks]: how many cells of `stride` keys a compressed key shares with a block."""
    (length, stride), bk = choice.windows, choice.block[1]
    blocks = -(-choice.N // bk)
    cells = np.arange(blocks * bk // stride)
    first = np.arange(choice.count)[:, None]
    covered = (first <= cells) & (cells < first + length // stride)
    inside = cells[:, None] // (bk // stride) == np.arange(blocks)
    return covered.astype(np.float64) @ inside


def candidates_of_rows(choice, b, h):
    """bool [rows of blocks, blocks]: where the mask keeps a pair."""
    (bq, bk), M, N = choice.block, choice.M, choice.N
    kept = np.zeros((-(-M // bq) * bq, -(-N // bk) * bk), bool)
    kept[:M, :N] = (
        True if choice.mask is None else choice.mask.materialize(M, N, b, h, choice.align)
    )
    return kept.reshape(kept.shape[0] // bq, bq, kept.shape[1] // bk, bk).any((1, 3))


def chosen_of_row(choice, candidates, importance):
    """The columns of one row, ascending."""
    candidates = [int(c) for c in np.flatnonzero(candidates)]
    last = len(candidates) - choice.local
    always = {c for e, c in enumerate(candidates) if e < choice.initial or e >= last}
    rest = [c for c in candidates if c not in always and importance[c] > -np.inf]
    rest.sort(key=lambda c: (-importance[c], c))
    return sorted([*always, *rest[: choice.k - len(always)]])


def select(
    scores, M, N, *, k, block, initial=0, local=0, group=1, length=None, stride=None,
    mask=None, align=None, threads=None,
):
    """`attn.select`, with sums in float64."""
    view = Tensor(scores, "scores")
    check_scores(view)
    choice = check_select(
        view.shape, M, N, k=k, block=block, group=group, initial=initial, local=local,
        length=length, stride=stride, mask=mask, align=align,
    )
    scores = wide(scores)
    scores = scores.reshape(choice.B, choice.H, *scores.shape[-2:])
    lists = (max(choice.B, 1), max(choice.groups, 1))
    row_ptr = np.zeros((*lists, scores.shape[2] + 1), np.int32)
    columns = []
    for b in range(choice.B):
        for n in range(choice.groups):
            with np.errstate(all="ignore"):
                importance = scores[b, n * group : (n + 1) * group].sum(0)
                if choice.windows:
                    importance = weighted(importance, shared_cells(choice))
            candidates = candidates_of_rows(choice, b, n)
            row_ptr[b, n, 0] = len(columns)
            for t in range(scores.shape[2]):
                columns += chosen_of_row(choice, candidates[t], importance[t])
                row_ptr[b, n, t + 1] = len(columns)
    return BlockLists(row_ptr, np.array(columns, np.int32), choice.block, choice.group)


def weighted(scores, cells):
    """[rows, blocks]: the sum over e of scores[t, e] cells[e, c], of those with cells > 0."""
    importance = np.zeros((scores.shape[0], cells.shape[1]))
    for e, c in np.argwhere(cells > 0):
        importance[:, c] += scores[:, e] * cells[e, c]
    return importance
