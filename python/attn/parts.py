"""What goes around attention: merging partial results, rotary positions."""

from __future__ import annotations

from ._attn import Tensor
from .checks import check_alike, check_float, check_rank
from .errors import ArgumentError, ShapeError
from .compile import kernel_of
from .text import Function, tensor_type

LAYOUTS = ("half", "interleaved")


def check_parts(parts):
    """Views of `(out, lse)` pairs; raises if they are not alike."""
    if not parts:
        raise ArgumentError("no parts to merge, expected at least one pair (out, lse)")
    views = []
    for number, part in enumerate(parts):
        if not isinstance(part, (tuple, list)) or len(part) != 2:
            raise ArgumentError(f"part {number} is no pair (out, lse)")
        out, lse = Tensor(part[0], f"out {number}"), Tensor(part[1], f"lse {number}")
        check_float(out)
        check_rank(out, 3, 4)
        if lse.shape != out.shape[:-1]:
            raise ShapeError(
                f"{out.name} has shape {out.shape}, {lse.name} has {lse.shape}: "
                f"expected {out.shape[:-1]}"
            )
        expected = "f64" if out.dtype == "f64" else "f32"
        if lse.dtype != expected:
            raise ShapeError(f"{lse.name} has element type {lse.dtype}, expected {expected}")
        if views:
            check_alike(views[0], out)
            if out.shape != views[0].shape:
                raise ShapeError(
                    f"out 0 has shape {views[0].shape}, {out.name} has {out.shape}: "
                    "expected the same"
                )
        views += [out, lse]
    return views


def merge(*parts, threads=None):
    """Attention over a union of disjoint key sets, from attention over each.

        lse = log(sum over p of exp(lse_p))
        out = sum over p of exp(lse_p - lse) out_p

    Args:
        parts: pairs `(out, lse)` as `attn.sdpa(…, return_lse=True)` returns them:
            out `[B, H, M, E]` or `[H, M, E]`, lse without E in f32 (f64 for f64).
        threads: as in `attn.sdpa`.

    Returns:
        `(out, lse)`. A part with lse -inf drops out; where all are -inf, out is 0
        and lse -inf.

    Raises: ShapeError if the parts are not alike. Error against float64 as
    `attn.sdpa`. Papers: arXiv:2501.01005, arXiv:2310.01889.

    >>> o, lse = attn.merge(attn.sdpa(q, k1, v1, return_lse=True),
    ...                     attn.sdpa(q, k2, v2, return_lse=True))
    """
    views = check_parts(parts)
    out, lse = views[:2]
    batch = (None,) * (len(out.shape) - 3)
    out_type = tensor_type(out.dtype, *batch, out.shape[-3], None, out.shape[-1])
    lse_type = tensor_type(lse.dtype, *batch, out.shape[-3], None)
    function = Function("merge")
    pairs = [
        f"({function.argument(f'o{n}', out_type)}, {function.argument(f'l{n}', lse_type)})"
        for n in range(len(parts))
    ]
    function.line(f"%o, %l = attn.merge {', '.join(pairs)} : {out_type}, {lse_type}")
    text = function.render(("%o", out_type), ("%l", lse_type))
    arrays = [array for part in parts for array in part]
    return tuple(kernel_of(text).run(views, arrays, threads))


def check_rope(x, cos, sin, layout):
    """Raises if the tables of a rotation do not fit the array."""
    if layout not in LAYOUTS:
        raise ArgumentError(f"layout is {layout!r}, expected 'half' or 'interleaved'")
    check_float(x)
    check_float(cos)
    check_alike(cos, sin)
    if cos.dtype == "f64" and x.dtype != "f64":
        raise ShapeError(
            f"x has element type {x.dtype}, cos has f64: expected tables no wider than f32"
        )
    check_rank(x, 3, 4)
    check_rank(cos, 2)
    if sin.shape != cos.shape:
        raise ShapeError(f"cos has shape {cos.shape}, sin has {sin.shape}: expected the same")
    M, D = x.shape[-2:]
    if cos.shape[0] != M or not 0 < 2 * cos.shape[1] <= D:
        raise ShapeError(
            f"x has {M} rows of width {D}, cos has shape {cos.shape}: "
            f"expected ({M}, R / 2) with 0 < R <= {D}"
        )


def rope(x, cos, sin, layout="half", *, threads=None):
    """Rotary position embedding.

    Rotates pairs (a, b) of the last dimension by the angle of their row:

        (a, b) -> (a cos - b sin, b cos + a sin)

    Args:
        x: `[B, H, M, D]` or `[H, M, D]`.
        cos, sin: `[M, R / 2]`, R <= D, f64 only for an x of f64; elements of x
            beyond R pass through.
        layout: "half" pairs element t with t + R / 2 (Llama, NeoX),
            "interleaved" pairs 2t with 2t + 1 (GPT-J).
        threads: as in `attn.sdpa`.

    Returns:
        an array like x. Computed in f32 (f64 for f64).

    Raises: ShapeError if the tables do not fit. Paper: arXiv:2104.09864.

    >>> q = attn.rope(q, np.cos(angles), np.sin(angles))
    """
    views = [Tensor(x, "x"), Tensor(cos, "cos"), Tensor(sin, "sin")]
    check_rope(*views, layout)
    shape = views[0].shape
    batch = (None,) * (len(shape) - 3)
    x_type = tensor_type(views[0].dtype, *batch, shape[-3], None, shape[-1])
    table_type = tensor_type(views[1].dtype, None, views[1].shape[1])
    function = Function("rope")
    for name, argument_type in (("x", x_type), ("cos", table_type), ("sin", table_type)):
        function.argument(name, argument_type)
    function.line(
        f"%y = attn.rope %x, %cos, %sin layout({layout}) : {x_type}, {table_type}, {table_type}"
    )
    return kernel_of(function.render(("%y", x_type))).run(views, (x, cos, sin), threads)[0]
