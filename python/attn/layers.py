"""Whole attention layers: projections, heads, attention, output projection."""

from __future__ import annotations

from ._attn import Tensor
from .checks import (
    Problem,
    check_alike,
    check_clauses,
    check_float,
    check_normalize,
    check_rank,
    check_score,
)
from .compile import kernel_of
from .errors import ArgumentError, ShapeError
from .ops import write_clauses, write_score
from .outputs import Outputs
from .text import Function, tensor_type


def check_heads(name, heads):
    """`heads` as an int; raises `ArgumentError` unless it is a whole number above 0."""
    if not isinstance(heads, int) or isinstance(heads, bool) or heads < 1:
        raise ArgumentError(f"{name} is {heads!r}, expected a whole number above 0")
    return heads


def width_of(weight, heads):
    """The width of one head of a projection."""
    columns = weight.shape[1]
    if columns == 0 or columns % heads:
        raise ShapeError(
            f"{weight.name} has {columns} columns, expected a multiple of its {heads} heads"
        )
    return columns // heads


def check_rows(weight, expected, source):
    """Raises `ShapeError` unless `weight` multiplies rows of width `expected`."""
    if weight.shape[0] != expected:
        raise ShapeError(
            f"{weight.name} has {weight.shape[0]} rows, {source} has width {expected}: "
            "expected the same"
        )


def check_layer(x, wq, wk, wv, wo, context, heads, kv_heads):
    """The attention inside a layer; raises if the weights do not fit."""
    check_heads("heads", heads)
    check_heads("kv_heads", kv_heads)
    if heads % kv_heads:
        raise ShapeError(
            f"query has {heads} heads, key has {kv_heads}: "
            "the query heads must be a multiple of the key heads"
        )
    check_float(x)
    check_alike(x, *(tensor for tensor in (wq, wk, wv, wo, context) if tensor is not None))
    source = x if context is None else context
    for tensor in (x, source):
        check_rank(tensor, 3)
    for weight in (wq, wk, wv) if wo is None else (wq, wk, wv, wo):
        check_rank(weight, 2)
    if source.shape[0] != x.shape[0]:
        raise ShapeError(
            f"x has batch {x.shape[0]}, context has {source.shape[0]}: expected the same"
        )
    check_rows(wq, x.shape[2], "x")
    check_rows(wk, source.shape[2], source.name)
    check_rows(wv, source.shape[2], source.name)
    D, E = width_of(wq, heads), width_of(wv, kv_heads)
    if width_of(wk, kv_heads) != D:
        raise ShapeError(
            f"wq makes heads of width {D}, wk of {width_of(wk, kv_heads)}: expected the same"
        )
    if wo is not None:
        check_rows(wo, heads * E, "attention")
    B, M, N = x.shape[0], x.shape[1], source.shape[1]
    return Problem(x.dtype, True, B, heads, kv_heads, M, N, D, E)


def layer(
    x,
    wq,
    wk,
    wv,
    wo=None,
    *,
    heads,
    kv_heads=None,
    context=None,
    mask=None,
    align=None,
    scale=None,
    softcap=None,
    bias=None,
    sinks=None,
    score=None,
    normalize=True,
    out=None,
    threads=None,
):
    """A layer of multi-head attention.

        q = heads(x wq), k = heads(c wk), v = heads(c wv)      c = context, or x
        y = merge_heads(sdpa(q, k, v)) wo

    Args:
        x: `[B, M, C]`.
        wq: `[C, heads D]`. wk: `[C', kv_heads D]`. wv: `[C', kv_heads E]`.
        wo: `[heads E, C'']`; no output projection if None.
        heads, kv_heads: kv_heads divides heads, and is heads if None.
        context: `[B, N, C']` for cross attention.
        mask, align, scale, softcap, bias, sinks, score, normalize, out, threads: as in `attn.sdpa`.
            `normalize=False` has no softmax: with `score` a layer of ReLU or sigmoid attention.

    Returns:
        y `[B, M, C'']` (`[B, M, heads E]` without wo) in the type of x.
        Rows that keep no key are 0 before wo.

    Raises: as `attn.sdpa`. Paper: arXiv:1706.03762.

    >>> y = attn.layer(x, wq, wk, wv, wo, heads=8, mask=masks.causal())
    >>> relu = lambda s, b, h, i, j: attn.math.maximum(s, 0) / 1024
    >>> y = attn.layer(x, wq, wk, wv, wo, heads=8, score=relu, normalize=False)
    """
    kv_heads = heads if kv_heads is None else kv_heads
    views = {"x": Tensor(x, "x"), "wq": Tensor(wq, "wq"), "wk": Tensor(wk, "wk")}
    views["wv"] = Tensor(wv, "wv")
    for name, array in (("context", context), ("wo", wo)):
        if array is not None:
            views[name] = Tensor(array, name)
    problem = check_layer(
        *(views[name] for name in ("x", "wq", "wk", "wv")),
        views.get("wo"),
        views.get("context"),
        heads,
        kv_heads,
    )
    clauses = check_clauses(
        problem, mask=mask, align=align, scale=scale, softcap=softcap, bias=bias, sinks=sinks
    )
    check_score(clauses, score)
    check_normalize(clauses, normalize, return_lse=False)
    function = Function("layer")
    types = {}
    for name, view in views.items():
        rows = (None, None) if len(view.shape) == 3 else (view.shape[0],)
        types[name] = tensor_type(view.dtype, *rows, view.shape[-1])
        function.argument(name, types[name])
    inputs = list(views.values())
    modifiers = write_clauses(function, inputs, problem, clauses)
    modifiers += write_score(function, inputs, problem, score, clauses)
    modifiers += "" if normalize else " normalize(none)"

    q_type, k_type, v_type, o_type = (
        tensor_type(problem.dtype, None, heads_of, None, width)
        for heads_of, width in (
            (heads, problem.D),
            (kv_heads, problem.D),
            (kv_heads, problem.E),
            (heads, problem.E),
        )
    )
    columns = heads * problem.E if wo is None else views["wo"].shape[1]
    y_type = tensor_type(problem.dtype, None, None, columns)
    clause_texts = "".join(
        f" {clause}(%{name} : {types[name]})"
        for clause, name in (("context", "context"), ("output", "wo"))
        if name in types
    )
    function.line(
        f"%y = attn.layer %x, %wq, %wk, %wv{clause_texts} heads({heads}) kv_heads({kv_heads}) {{"
    )
    function.line(f"^bb0(%q: {q_type}, %k: {k_type}, %v: {v_type}):")
    function.line(
        f"  %o = attn.sdpa %q, %k, %v{modifiers} : ({q_type}, {k_type}, {v_type}) -> {o_type}"
    )
    function.line(f"  attn.yield %o : {o_type}")
    operand_types = ", ".join(types[name] for name in ("x", "wq", "wk", "wv"))
    function.line(f"}} : ({operand_types}) -> {y_type}")
    arrays = (x, wq, wk, wv)
    kernel = kernel_of(function.render(("%y", y_type)))
    return Outputs(inputs, out=out).run(kernel, arrays, threads)[0]
