"""Low-rank attention: keys projected along their length, and attention by way of landmarks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ._attn import Tensor
from .checks import Problem, check_alike, check_number, check_problem, check_rank
from .compile import kernel_of
from .errors import ArgumentError, ShapeError, UnsupportedError
from .masks import check_extent, lens as lens_mask
from .ops import head_type
from .outputs import Outputs
from .text import Function, float_literal, tensor_type

SOLVERS = ("iterative", "lu")
#: More steps change no number.
MOST_ITERS = 100


def refuse_mask(mechanism, mask, reason):
    """Raises `UnsupportedError` if there is a mask."""
    if mask is not None:
        raise UnsupportedError(
            f"attn.{mechanism} got mask={mask!r}: {reason}, so it takes no mask; the nearest "
            "thing that masks is attn.sdpa, or attn.linear for causal order in linear time"
        )


def check_sequences(q, k, v):
    """Query, key and value viewed, of one type, and their extents."""
    views = Tensor(q, "query"), Tensor(k, "key"), Tensor(v, "value")
    check_alike(*views)
    return views, check_problem(*views)


def scale_clause(scale):
    """The text of a scale; nothing for None."""
    return "" if scale is None else f" scale({float_literal(scale)})"


def check_projection(problem, query, projection, name):
    """Raises `ShapeError` unless rows of the problem's keys can be projected by it."""
    check_alike(query, projection)
    check_rank(projection, 2, 3)
    *heads, rows, length = projection.shape
    if rows == 0:
        raise ShapeError(f"{name} has shape {projection.shape}, expected at least one row")
    if length < problem.N:
        raise ShapeError(
            f"{name} has {length} columns, key has {problem.N} rows: expected no more rows"
        )
    if heads and (heads[0] == 0 or heads[0] % problem.Hk or problem.H % heads[0]):
        raise ShapeError(
            f"{name} has {heads[0]} heads, query has {problem.H}, key has {problem.Hk}: expected "
            "a multiple of those of key that divides those of query"
        )


def check_linformer(q, k, v, e, f, mask, scale):
    """The five arrays viewed, their extents and the scale; raises if one does not fit."""
    refuse_mask("linformer", mask, "each projected key mixes all keys, the later ones too")
    views, problem = check_sequences(q, k, v)
    projections = Tensor(e, "e"), Tensor(e if f is None else f, "f")
    for projection in projections:
        check_projection(problem, views[0], projection, projection.name)
    first, second = (projection.shape[:-1] for projection in projections)
    if first != second:
        raise ShapeError(
            f"e has shape {projections[0].shape}, f has {projections[1].shape}: expected the same "
            "heads and rows"
        )
    return (*views, *projections), problem, check_number("scale", scale)


def linformer(q, k, v, e, f=None, *, mask=None, scale=None, out=None, threads=None):
    """Softmax attention over keys and values projected along their length.

        k'[b,h,t] = sum over j of e[t,j] k[b,κ,j]       v'[b,h,t] = sum over j of f[t,j] v[b,κ,j]
        o = sdpa(q, k', v')

    O(M r) instead of O(M N). Exact for e = f = identity; otherwise as good as the
    projections, which are learned, and worse than dense attention below some r:
    `docs/HowTo/LowRank.md` prints by how much.

    Args:
        q: `[B, H, M, D]` or `[H, M, D]`; f32, f64, f16 or bf16.
        k, v: `[B, Hk, N, D]`, `[B, Hk, N, E]` of the type of q, Hk divides H.
        e, f: `[r, L]` for all heads or `[Hp, r, L]` with Hk | Hp | H, of the type of q; L >= N,
            and only the first N columns are read. f is e if None.
        mask: must be None. Each k' mixes all keys, so that no mask of keys or positions
            has a meaning; causal order is not expressible.
        scale: above 0; 1 / sqrt(D) if None.
        out, threads: as in `attn.sdpa`.

    Returns:
        o `[B, H, M, E]` in the type of q. Sums are f32 (f64 for f64); k' and v' are rounded
        to the type of q. One kernel serves every length and every L.

    Raises:
        ShapeError: extents or types do not fit, such as more keys than columns.
        ArgumentError: scale is not above 0.
        UnsupportedError: there is a mask.

    Error against float64 as `attn.sdpa` of k' and v', whose sums err by
    1e-7 sqrt(N) sum|e| max|k|. Paper: arXiv:2006.04768.

    >>> e = np.eye(6, dtype=np.float32)
    >>> bool(np.allclose(attn.linformer(q, k, v, e), attn.sdpa(q, k, v), atol=1e-5))
    True
    """
    views, problem, scale = check_linformer(q, k, v, e, f, mask, scale)
    function = Function("linformer")
    types = [
        head_type(problem, problem.H, problem.D),
        head_type(problem, problem.Hk, problem.D),
        head_type(problem, problem.Hk, problem.E),
        *(tensor_type(view.dtype, *view.shape[:-1], None) for view in views[3:]),
    ]
    names = [function.argument(name, kind) for name, kind in zip("qkvef", types)]
    o_type = head_type(problem, problem.H, problem.E)
    function.line(
        f"%o = attn.linformer {', '.join(names)}{scale_clause(scale)} : {', '.join(types)} -> {o_type}"
    )
    kernel = kernel_of(function.render(("%o", o_type)))
    return Outputs(list(views), out=out).run(kernel, (q, k, v), threads)[0]


@dataclass(frozen=True)
class Landmarks:
    """The arguments of `attn.nystrom`, checked."""

    views: tuple
    problem: Problem
    count: int
    #: None for elimination.
    iters: int | None
    scale: float | None
    #: int32 `[B]` or `[1]`, or None.
    lens: np.ndarray | None
    skip: Tensor | None


def check_skip(problem, query, skip):
    """The kernels of the convolution viewed, or None; raises `ShapeError` unless they fit."""
    if skip is None:
        return None
    view = Tensor(skip, "skip")
    check_alike(query, view)
    check_rank(view, 2)
    if view.shape[0] != problem.H or view.shape[1] % 2 == 0:
        raise ShapeError(
            f"skip has shape {view.shape}, query has {problem.H} heads: expected "
            f"({problem.H}, K) with an odd K"
        )
    if problem.M != problem.N:
        raise ShapeError(
            f"query has {problem.M} rows, value has {problem.N}, along which skip convolves: "
            "expected the same"
        )
    return view


def check_nystrom(q, k, v, landmarks, solve, iters, mask, scale, lens, skip):
    """The checked `Landmarks`; raises if an argument does not fit."""
    refuse_mask("nystrom", mask, "every query sees all keys through the landmarks")
    views, problem = check_sequences(q, k, v)
    if solve not in SOLVERS:
        raise ArgumentError(f"solve is {solve!r}, expected 'iterative' or 'lu'")
    iters = check_extent("iters", iters, 1, MOST_ITERS)
    count = check_extent("landmarks", landmarks, 1)
    if count > min(problem.M, problem.N):
        raise ShapeError(
            f"landmarks is {count}, query has {problem.M} rows, key has {problem.N}: expected no "
            "more landmarks than rows"
        )
    lengths = None
    if lens is not None:
        lengths = lens if isinstance(lens, lens_mask) else lens_mask(lens)
        lengths.check(problem.B, problem.M, problem.N)
        lengths = lengths.values
    return Landmarks(
        views,
        problem,
        count,
        iters if solve == "iterative" else None,
        check_number("scale", scale),
        lengths,
        check_skip(problem, views[0], skip),
    )


def nystrom(
    q, k, v, landmarks=64, solve="iterative", iters=6, scale=None, return_residual=False, *,
    lens=None, skip=None, mask=None, out=None, threads=None,
):
    """Softmax attention by way of landmarks, the means of m segments of rows.

        A = softmax(scale q' k'ᵀ)                         q', k': the landmarks; m x m
        o = softmax(scale q k'ᵀ) (Z (softmax(scale q' kᵀ) v))       Z: A pseudo-inverted
            [+ sum over t < K of skip[h,t] v[b,κ,i + t - K // 2]]

    O((M + N) m) instead of O(M N). An approximation, good where attention varies slowly
    along the sequence; `docs/HowTo/LowRank.md` prints its error, also where it fails.

    Args:
        q: `[B, H, M, D]` or `[H, M, D]`; f32, f64, f16 or bf16.
        k, v: `[B, Hk, N, D]`, `[B, Hk, N, E]` of the type of q, Hk divides H.
        landmarks: m, at most M and N. Segment t is rows t N // m to (t + 1) N // m.
        solve: "iterative" takes `iters` steps towards Z, as the paper does; "lu"
            eliminates, and is exact up to rounding; where A is singular, a generalised
            inverse, A Z A = A.
        iters: 1 to 100. 6 leave an error of 1e-2 and more, 20 about 1e-6.
        scale: above 0; 1 / sqrt(D) if None.
        return_residual: also return max|A Z A - A| for each head, by which the approximation
            misses attention at the landmarks: large where Z is no inverse.
        lens: a length for each batch element (or one): the result is as if k and v
            ended there. Queries are not concerned.
        skip: `[H, K]`, K odd, of the type of q: the kernels of a convolution of v along its
            length that is added; M = N.
        mask: must be None: every query sees all keys through the landmarks.
        out, threads: as in `attn.sdpa`.

    Returns:
        o `[B, H, M, E]` in the type of q, or `(o, residual)` with residual `[B, H]` in f32 (f64
        for f64). All is computed in f32 (f64 for f64) and rounded once.

    Raises:
        ShapeError: extents, types, landmarks or lens do not fit.
        ArgumentError: solve, iters or scale is not one of those above.
        UnsupportedError: there is a mask.

    Error against float64 of the same formula: 4e-6 (1 + max sum|Z|) max|v|; 16-bit types add
    what rounding o costs. Paper: arXiv:2102.03902.

    >>> o, residual = attn.nystrom(q, k, v, 6, solve="lu", return_residual=True)
    >>> bool(np.allclose(o, attn.sdpa(q, k, v), atol=1e-3))
    True
    """
    checked = check_nystrom(q, k, v, landmarks, solve, iters, mask, scale, lens, skip)
    problem, inputs = checked.problem, list(checked.views)
    function = Function("nystrom")
    types = [
        head_type(problem, problem.H, problem.D),
        head_type(problem, problem.Hk, problem.D),
        head_type(problem, problem.Hk, problem.E),
    ]
    names = [function.argument(name, kind) for name, kind in zip("qkv", types)]
    clauses = f" landmarks({checked.count})"
    clauses += " solve(lu)" if checked.iters is None else f" iters({checked.iters})"
    clauses += scale_clause(checked.scale)
    if checked.lens is not None:
        kind = tensor_type("i32", None)
        clauses += f" lens({function.argument('lens', kind)} : {kind})"
        inputs.append(Tensor(checked.lens, "lens"))
    if checked.skip is not None:
        kind = tensor_type(problem.dtype, problem.H, None)
        clauses += f" skip({function.argument('skip', kind)} : {kind})"
        inputs.append(checked.skip)
    results = [("%o", head_type(problem, problem.H, problem.E))]
    if return_residual:
        batch = (None,) * problem.batched
        results.append(("%r", tensor_type(problem.statistics, *batch, problem.H)))
    function.line(
        f"{', '.join(name for name, _ in results)} = attn.nystrom {', '.join(names)}{clauses} "
        f": {', '.join(types)} -> {', '.join(kind for _, kind in results)}"
    )
    kernel = kernel_of(function.render(*results))
    outputs = Outputs(inputs, out=out).run(kernel, (q, k, v), threads)
    return tuple(outputs) if return_residual else outputs[0]
