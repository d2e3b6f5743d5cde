"""The share of pairs that a mask keeps: counted where rows are intervals, else estimated."""

from __future__ import annotations

import math

import numpy as np

from .mask_runs import mask_runs
from .masks import query_offset
from .masks.draws import Draw
from .masks.expressions import Pairs

#: Rows that are asked for at a time.
ROWS = 1 << 16
#: Pairs that are all looked at, and pairs that stand for more.
MOST_PAIRS, DRAWN_PAIRS = 1 << 24, 1 << 18


def compute_density(mask, M, N, align, b, h):
    """The share of the M x N pairs that `mask` keeps, and its standard error.

    Without error (0.0) where every row is up to four intervals, which are summed, a million
    rows in some tens of milliseconds, and where there are at most 2^24 pairs. Else the share
    among 2^18 pairs drawn at random, p, with sqrt(p (1 - p) / 2^18); of masks that draw keys,
    which take whole rows, the mean of rows drawn at random, with that of their means. The same
    pairs are drawn each time.
    """
    if not M or not N:
        return 0.0, 0.0
    kept = count_intervals(mask, M, N, align, b, h)
    if kept is not None:
        return kept / (M * N), 0.0
    if M * N <= MOST_PAIRS:
        return float(mask.materialize(M, N, b, h, align).mean()), 0.0
    rng = np.random.default_rng(0)
    if draws_keys(mask):
        count = max(2, MOST_PAIRS // N)
        rows, keys = rng.integers(M, size=(count, 1)), np.arange(N)[None, :]
        shares = evaluate(mask, M, N, align, b, h, rows, keys).mean(axis=1)
        # Rows that never came up may differ by a key all the same.
        deviation = max(shares.std(ddof=1), 1 / N)
        return float(shares.mean()), float(deviation / math.sqrt(count))
    i, j = rng.integers(M, size=(DRAWN_PAIRS, 1)), rng.integers(N, size=(DRAWN_PAIRS, 1))
    share = float(evaluate(mask, M, N, align, b, h, i, j).mean())
    # What never came up may exist all the same.
    variance = max(share * (1 - share), 1 / DRAWN_PAIRS)
    return share, math.sqrt(variance / DRAWN_PAIRS)


def count_intervals(mask, M, N, align, b, h):
    """The pairs kept; None where some row is not what its intervals say."""
    kept = 0
    for start in range(0, M, ROWS):
        rows = np.arange(start, min(start + ROWS, M))
        runs = mask_runs(mask, M, N, rows, block=(1, 1), align=align, b=b, h=h)
        if (runs[..., 0] != runs[..., 1]).any() or (runs[..., 2] != runs[..., 3]).any():
            return None
        kept += int((runs[..., 3] - runs[..., 0]).sum(dtype=np.int64))
    return kept


def draws_keys(mask):
    """Whether `mask` is, or has inside, one that draws keys."""
    return isinstance(mask, Draw) or any(draws_keys(part) for part in mask.parts())


def evaluate(mask, M, N, align, b, h, i, j):
    """The mask at rows `i` and keys `j`, which broadcast together."""
    pairs = Pairs(M, N, b, h, i, i + query_offset(mask, M, N, align), j)
    return np.broadcast_to(mask.evaluate(pairs), np.broadcast_shapes(i.shape, j.shape))
