"""Biases of low rank: factors that ride in the width of queries and keys.

A bias B = U Wᵀ adds <u[i], w[j]> to the scaled score, which is what r more elements of every
query and key do. No array of M x N is read.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from .checks import check_number
from .errors import ArgumentError, ShapeError, UnsupportedError
from .masks import Mask, check_extent, query_offset

WIDE = (np.dtype(np.float32), np.dtype(np.float64))


@dataclass(frozen=True)
class LowRankBias:
    """Factors of a bias, and by how much they miss it.

    u is `[M, r]` or `[H, M, r]`, w `[N, r]` or `[H, N, r]`; `u @ w.T` stands for the bias, and no
    element of it is off by more than `error`.
    """

    u: np.ndarray
    w: np.ndarray
    error: float

    @property
    def rank(self):
        """The elements that queries and keys grow by."""
        return self.u.shape[-1]

    def output_bound(self, v):
        """How much the output of attention to v can be off: (e^(2 error) - 1) max|v|.

        Scores off by at most ε change each probability by a factor within e^(±2ε).
        """
        return math.expm1(2 * self.error) * float(np.abs(np.asarray(v, np.float64)).max(initial=0))

    def augment(self, q, k, scale=None):
        """q and k with the factors in their width, and the scale to attend with, 1.

            <q'[b,h,i], k'[b,κ,j]> = scale <q[b,h,i], k[b,κ,j]> + <u[h,i], w[h,j]>

        q `[B, H, M, D]`, k `[B, Hk, N, D]` (or without B), f32 or f64; scale is 1 / sqrt(D) if
        None. A w for each head needs Hk = H. `mask` and everything else of `attn.sdpa` but softcap
        goes with it: the bias is added right after the scale.
        """
        q, k = np.asarray(q), np.asarray(k)
        if q.dtype not in WIDE or k.dtype != q.dtype:
            raise UnsupportedError(
                f"q has element type {q.dtype}, k has {k.dtype}: factors of a bias need float32 or "
                "float64, as 16 bits round them too far; the nearest thing that works is "
                "bias= of attn.sdpa, or score="
            )
        for name, array, factor in (("q", q, self.u), ("k", k, self.w)):
            fits = array.ndim in (3, 4) and array.shape[-2] == factor.shape[-2]
            if not fits or (factor.ndim == 3 and array.shape[-3] != factor.shape[0]):
                raise ShapeError(
                    f"{name} has shape {array.shape}, its factor of the bias has {factor.shape}: "
                    "expected the same rows, and the same heads if it has any"
                )
        scale = check_number("scale", scale)
        factor = np.asarray(q.shape[-1] ** -0.5 if scale is None else scale, q.dtype)

        def beside(array, part):
            part = np.broadcast_to(part.astype(q.dtype), (*array.shape[:-1], self.rank))
            return np.concatenate([array, part], axis=-1)

        return beside(q * factor, self.u), beside(k, self.w), 1.0


def measured(table, u, w):
    """The factors in float32, and by how much their product misses the table."""
    u, w = u.astype(np.float32), w.astype(np.float32)
    product = u.astype(np.float64) @ w.astype(np.float64).swapaxes(-1, -2)
    return LowRankBias(u, w, float(np.abs(product - table).max(initial=0)))


def low_rank_bias(table, rank=None, eps=None):
    """Factors U, W of a bias table by its singular values.

        |table - U Wᵀ| <= error everywhere,  so that  |Δo| <= (e^(2 error) - 1) max|v|

    Args:
        table: `[M, N]`, or `[H, M, N]` with factors of each head; finite.
        rank: the rank of the factors, or
        eps: the largest error to allow: the smallest rank that keeps to it is taken.

    Returns:
        A `LowRankBias` with float32 factors and the error that was measured, rounding of the
        factors included. It costs an SVD of the table, once, and r elements more of every
        query and key, instead of reading M x N numbers in every call.

    Raises:
        ArgumentError: not one of rank and eps is given, or out of range; no rank reaches eps.
        ShapeError: the table has another rank, or a number in it is not finite.

    Worth it while r is far below D: a rank of D doubles the work of q kᵀ. Paper:
    arXiv:2505.12044.

    >>> i, j = np.ogrid[:6, :6]
    >>> factors = attn.low_rank_bias(np.cos((i - j) / 3.0), eps=1e-6)
    >>> factors.rank
    2
    >>> o = attn.sdpa(*factors.augment(q, k)[:2], v, scale=1.0)
    """
    table = np.asarray(table, np.float64)
    if table.ndim not in (2, 3) or not np.isfinite(table).all():
        raise ShapeError(
            f"table has shape {table.shape}, expected finite numbers [M, N] or [H, M, N]"
        )
    if (rank is None) == (eps is None):
        raise ArgumentError(f"rank is {rank!r}, eps is {eps!r}: expected one of them")
    left, values, right = np.linalg.svd(table, full_matrices=False)
    most = values.shape[-1]

    def factors(count):
        root = np.sqrt(values[..., None, :count])
        return measured(
            table, left[..., :count] * root, right[..., :count, :].swapaxes(-1, -2) * root
        )

    if rank is not None:
        return factors(check_extent("rank", rank, 1, max(most, 1)))
    eps = check_number("eps", eps)
    for count in range(min(1, most), most + 1):
        found = factors(count)
        if found.error <= eps:
            return found
    raise ArgumentError(
        f"eps is {eps}, the factors of full rank {most} miss the table by {found.error:.3g}: "
        "float32 holds no better ones"
    )


def alibi_bias(slopes, M, N, align=None):
    """The factors of ALiBi, exactly of rank 2.

        -slopes[h] (i + o - j) = <(-slopes[h] (i + o), slopes[h]), (1, j)>

    Args:
        slopes: `[H]`.
        M, N: the queries and keys.
        align: where query 0 stands, as in `attn.sdpa`: o = 0 or N - M.

    Returns:
        A `LowRankBias` with u `[H, M, 2]` and w `[N, 2]`; error is what float32 costs.

    Raises: ShapeError if slopes has another shape or `align` is missing. Papers:
    arXiv:2108.12409, arXiv:2505.12044.

    >>> attn.alibi_bias([0.5, 0.25], 6, 6).error
    0.0
    """
    slopes = np.asarray(slopes, np.float64)
    if slopes.ndim != 1 or not np.isfinite(slopes).all():
        raise ShapeError(f"slopes has shape {slopes.shape}, expected a finite number a head, [H]")
    M, N = check_extent("M", M), check_extent("N", N)
    if align is None and M != N:
        raise ShapeError(
            f"{M} queries and {N} keys: expected align='top_left' or align='bottom_right'"
        )
    positions = np.arange(M) + query_offset(Mask(), M, N, align)
    u = np.stack(
        [-slopes[:, None] * positions, np.broadcast_to(slopes[:, None], (len(slopes), M))], -1
    )
    w = np.stack([np.ones(N), np.arange(N, dtype=np.float64)], -1)
    # Each product is rounded to float32, and so is their sum: no table is needed to tell.
    exact = np.array_equal(u.astype(np.float32), u)
    reach = float(np.abs(u[..., 0]).max(initial=0)) if not exact else 0.0
    widest = float(np.abs(slopes).max(initial=0)) * N if not exact else 0.0
    return LowRankBias(
        u.astype(np.float32), w.astype(np.float32), (reach + widest) * 2.0**-24
    )
