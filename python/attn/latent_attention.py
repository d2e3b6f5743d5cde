"""Multi-head latent attention: keys and values of all heads from one narrow row a token."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ._attn import Tensor
from .checks import Clauses, Problem, check_alike, check_clauses, check_float, check_rank
from .compile import kernel_of
from .errors import ArgumentError, ShapeError
from .ops import write_clauses
from .outputs import Outputs
from .text import Function, tensor_type

FORMS = (None, "absorbed", "expanded")


@dataclass(frozen=True)
class Latent:
    """The arguments of `attn.latent`, checked."""

    #: q_nope, q_rope, c, w_uk, w_uv and k_rope, which is None if c holds it.
    views: tuple
    problem: Problem
    clauses: Clauses
    #: The widths of q_nope, q_rope, c without k_rope, and o.
    n: int
    r: int
    dc: int
    E: int


def require(view, *expected):
    """Raises `ShapeError` unless `view` has the extents `expected`, pairs of name and number."""
    wanted = tuple(extent for _, extent in expected)
    if view.shape != wanted:
        named = ", ".join(f"{name} = {extent}" for name, extent in expected)
        raise ShapeError(f"{view.name} has shape {view.shape}, expected ({named})")


def joined(c, k_rope):
    """The array whose columns `c` and `k_rope` are, one behind the other; None if there is none."""
    if not (isinstance(c, np.ndarray) and isinstance(k_rope, np.ndarray)):
        return None
    beside = (
        c.ndim == k_rope.ndim == 3
        and c.dtype == k_rope.dtype
        and c.shape[:2] == k_rope.shape[:2]
        and c.strides == k_rope.strides
        and c.strides[2] == c.itemsize
        and c.size
        and k_rope.size
    )
    if not beside or c.ctypes.data + c.shape[2] * c.itemsize != k_rope.ctypes.data:
        return None
    shape = (*c.shape[:2], c.shape[2] + k_rope.shape[2])
    return np.lib.stride_tricks.as_strided(c, shape, c.strides, writeable=False)


def check_latent(q_nope, q_rope, c, k_rope, w_uk, w_uv, mask, align, scale, form):
    """The checked `Latent`; raises if an argument does not fit."""
    if form not in FORMS:
        raise ArgumentError(f"form is {form!r}, expected 'absorbed', 'expanded' or None")
    names = ("q_nope", "q_rope", "c", "w_uk", "w_uv")
    views = [Tensor(x, name) for x, name in zip((q_nope, q_rope, c, w_uk, w_uv), names)]
    views.append(None if k_rope is None else Tensor(k_rope, "k_rope"))
    given = [view for view in views if view is not None]
    check_float(views[0])
    check_alike(*given)
    for view, rank in zip(given, (4, 4, 3, 3, 3, 3)):
        check_rank(view, rank)
    B, H, M, n = views[0].shape
    r, N, E = views[1].shape[3], views[2].shape[1], views[4].shape[2]
    dc = views[2].shape[2] - (r if k_rope is None else 0)
    if min(H, n, r, dc, E) < 1:
        raise ShapeError(
            f"H = {H}, n = {n}, r = {r}, dc = {dc} (the width of c"
            f"{', less r' if k_rope is None else ''}), E = {E}: expected all of them above 0"
        )
    require(views[1], ("B", B), ("H", H), ("M", M), ("r", r))
    require(views[2], ("B", B), ("N", N), ("width", views[2].shape[2]))
    require(views[3], ("H", H), ("dc", dc), ("n", n))
    require(views[4], ("H", H), ("dc", dc), ("E", E))
    if k_rope is not None:
        require(views[5], ("B", B), ("N", N), ("r", r))
    problem = Problem(views[0].dtype, True, B, H, H, M, N, n + r, E)
    clauses = check_clauses(
        problem, mask=mask, align=align, scale=scale, softcap=None, bias=None, sinks=None
    )
    return Latent(tuple(views), problem, clauses, n, r, dc, E)


def latent(
    q_nope, q_rope, c, k_rope, w_uk, w_uv, *, mask=None, align=None, scale=None, form=None,
    out=None, threads=None,
):
    """Multi-head latent attention: keys and values of all heads from one row c of each token.

        s[b,h,i,j] = scale (<q_nope[b,h,i], c[b,j] w_uk[h]> + <q_rope[b,h,i], k_rope[b,j]>)
        o[b,h,i]   = sum over kept j of softmax(s)[j] c[b,j] w_uv[h]

    Args:
        q_nope, q_rope: `[B, H, M, n]` and `[B, H, M, r]`, the second with rotary positions;
            f32, f64, f16 or bf16.
        c: `[B, N, dc]`, the cache, of the type of q_nope; or `[B, N, dc + r]` with k_rope behind
            it, which is then None.
        k_rope: `[B, N, r]`, the rotated part of the keys, shared by all heads. Where c and
            k_rope are slices of one NumPy array, side by side, nothing of it is copied.
        w_uk, w_uv: `[H, dc, n]` and `[H, dc, E]`.
        mask, align, out, threads: as in `attn.sdpa`.
        scale: above 0; 1 / sqrt(n + r) if None.
        form: "absorbed" multiplies queries and results by w_uk and w_uv, and all heads
            attend to the rows of c themselves: for decoding. "expanded" makes keys and
            values of each head: for many queries. None takes the one with fewer
            multiplications, for each call.

    Returns:
        o `[B, H, M, E]` in the type of q_nope. Sums are f32 (f64 for f64); what is absorbed or
        expanded is rounded to the type of q_nope. A row that keeps no key gives 0.

    Raises:
        ShapeError: extents or types do not fit, or the mask needs `align`.
        ArgumentError: scale or form is not one of those above.

    Error against float64: f32 4e-6 times max|c w_uv|, in the absorbed form times max|c| and
    the largest column sum of |w_uv|; f16 and bf16 twice that of a same-type implementation.
    Paper: arXiv:2405.04434.

    >>> cache = np.ones((1, 5, 4 + 2), np.float32)                      # c, and k_rope behind it
    >>> q_nope, q_rope = np.ones((1, 2, 1, 3), np.float32), np.ones((1, 2, 1, 2), np.float32)
    >>> w_uk, w_uv = np.ones((2, 4, 3), np.float32), np.ones((2, 4, 8), np.float32)
    >>> attn.latent(q_nope, q_rope, cache, None, w_uk, w_uv).shape
    (1, 2, 1, 8)
    """
    if k_rope is not None and (cache := joined(c, k_rope)) is not None:
        check_latent(q_nope, q_rope, c, k_rope, w_uk, w_uv, mask, align, scale, form)
        c, k_rope = cache, None
    checked = check_latent(q_nope, q_rope, c, k_rope, w_uk, w_uv, mask, align, scale, form)
    problem, dtype, H = checked.problem, checked.problem.dtype, checked.problem.H
    function = Function("latent")
    width = checked.dc + (checked.r if k_rope is None else 0)
    types = [
        tensor_type(dtype, None, H, None, checked.n),
        tensor_type(dtype, None, H, None, checked.r),
        tensor_type(dtype, None, None, width),
        tensor_type(dtype, H, checked.dc, checked.n),
        tensor_type(dtype, H, checked.dc, checked.E),
    ]
    names = [
        function.argument(name, kind)
        for name, kind in zip(("q_nope", "q_rope", "c", "w_uk", "w_uv"), types)
    ]
    inputs = list(checked.views[:5])
    text = ""
    if k_rope is not None:
        kind = tensor_type(dtype, None, None, checked.r)
        text += f" rope({function.argument('k_rope', kind)} : {kind})"
        inputs.append(checked.views[5])
    text += write_clauses(function, inputs, problem, checked.clauses)
    if form is not None:
        text += f" form({form})"
    o_type = tensor_type(dtype, None, H, None, checked.E)
    function.line(f"%o = attn.latent {', '.join(names)}{text} : {', '.join(types)} -> {o_type}")
    kernel = kernel_of(function.render(("%o", o_type)))
    return Outputs(inputs, out=out).run(kernel, (q_nope, q_rope, c), threads)[0]
