"""Attention on arrays: each call writes the IR it means and runs the kernel of that text.

Lengths and batch are run-time extents of the kernel, heads and widths are
constants in it, so that one kernel serves every length.
"""

from __future__ import annotations

from ._attn import Tensor
from .caches import storage_of, view_of, write_operand
from .checks import check_clauses, check_normalize, check_problem, check_score
from .compile import kernel_of
from .masks import Extents, Operands, operand_type
from .outputs import Outputs
from .text import Function, float_literal, tensor_type
from .tracing import trace


def head_type(problem, heads, width, dtype=None, length=None):
    """The type of `[B, heads, length, width]`, without B where the problem has none."""
    extents = (None,) * problem.batched + (heads, length, width)
    return tensor_type(dtype or problem.dtype, *extents)


def lse_type(problem, length=None):
    """The type of the log-sum-exp `[B, H, M]`."""
    return tensor_type(problem.statistics, *(None,) * problem.batched, problem.H, length)


def static_length(problem, views, mask):
    """M = N where a kernel may as well be made for it, as the mask holds for no other."""
    fixed = mask is not None and mask.fixes_length and problem.M == problem.N
    return problem.N if fixed and all(isinstance(view, Tensor) for view in views) else None


def bias_type(problem, bias):
    """The type of a bias: 1 in it is a dimension that is broadcast."""
    runtime = (None,) * problem.batched + (problem.H, None, None)
    return tensor_type(
        bias.dtype,
        *(
            1 if extent == 1 and full != 1 else static
            for extent, full, static in zip(bias.shape, problem.scores, runtime)
        ),
    )


def write_clauses(function, inputs, problem, clauses):
    """The text of the clauses; adds the arrays they read to the function and to `inputs`."""
    parts = []
    if clauses.mask is not None:
        offset = problem.N - problem.M if clauses.align == "bottom_right" else 0
        operands = Operands(Extents(problem.B, problem.H, problem.M, problem.N, offset))
        parts.append(f"mask({clauses.mask.mlir(operands)})")
        operands.write(function, inputs, operand_type)
        if clauses.mask.uses_position:
            parts.append(f"align({clauses.align or 'top_left'})")
    for name in ("scale", "softcap"):
        value = getattr(clauses, name)
        if value is not None:
            parts.append(f"{name}({float_literal(value)})")
    if clauses.bias is not None:
        argument_type = bias_type(problem, clauses.bias)
        parts.append(f"bias({function.argument('bias', argument_type)} : {argument_type})")
        inputs.append(clauses.bias)
    if clauses.sinks is not None:
        argument_type = tensor_type(problem.statistics, problem.H)
        parts.append(f"sink({function.argument('sinks', argument_type)} : {argument_type})")
        inputs.append(clauses.sinks)
    return "".join(" " + part for part in parts)


def write_score(function, inputs, problem, score, clauses):
    """The text of a score clause and of the alignment it needs; adds what it reads."""
    if score is None:
        return ""
    traced = trace(score, problem, clauses.align)
    for number, (tensor, argument_type) in enumerate(zip(traced.arrays, traced.types)):
        function.argument(f"array{number}", argument_type)
        inputs.append(tensor)
    masked = clauses.mask is not None and clauses.mask.uses_position
    align = ""
    if traced.uses_position and not masked:
        align = f" align({clauses.align or 'top_left'})"
    return f"{align} {traced.text}"


def view_scales(key_scale, value_scale=None):
    """The two arrays of scales viewed; None for None."""
    scales = {"key_scale": key_scale, "value_scale": value_scale}
    return [None if array is None else view_of(array, name) for name, array in scales.items()]


def write_scales(function, inputs, problem, scales):
    """The text of the clauses for `scales`; adds them to the function and to `inputs`."""
    parts = []
    argument_type = tensor_type("f32", *(None,) * problem.batched, problem.Hk, None)
    for scale in scales:
        if scale is not None:
            argument = write_operand(function, inputs, scale, scale.name, argument_type)
            parts.append(f" {scale.name}({argument} : {argument_type})")
    return "".join(parts)


def sdpa(
    q,
    k,
    v,
    *,
    mask=None,
    align=None,
    scale=None,
    softcap=None,
    bias=None,
    sinks=None,
    key_scale=None,
    value_scale=None,
    score=None,
    normalize=True,
    return_lse=False,
    out=None,
    threads=None,
):
    """Softmax attention, or attention by the scores themselves.

        t[b,h,i,j] = scale <q[b,h,i], k[b,κ,j]> [key_scale[b,κ,j]]
        s[b,h,i,j] = softcap tanh(t[b,h,i,j] / softcap) + bias[b,h,i,j]    or score(t, b, h, i, j)
        lse[b,h,i] = log(sum over kept j of exp(s[b,h,i,j]) [+ exp(sinks[h])])
        o[b,h,i]   = sum over kept j of exp(s[b,h,i,j] - lse[b,h,i]) v[b,κ,j] [value_scale[b,κ,j]]

    with κ = h // (H / Hk) and j kept where the mask holds. With `normalize=False`

        o[b,h,i]   = sum over kept j of s[b,h,i,j] v[b,κ,j] [value_scale[b,κ,j]]

    Args:
        q: `[B, H, M, D]` or `[H, M, D]`; f32, f64, f16 or bf16.
        k: `[B, Hk, N, D]`, Hk divides H; of the type of q, or int8 or float8_e4m3fn
            (of ml_dtypes) with key_scale if q is not f64.
        v: `[B, Hk, N, E]`; likewise, with value_scale. k, v and scales may be
            `attn.paged_view`s.
        mask: an expression of `attn.masks`; every pair if None.
        align: where query 0 stands on the key axis: "top_left" at key 0,
            "bottom_right" at key N - M. Needed if M and N differ and the mask
            uses query positions.
        scale: above 0; 1 / sqrt(D) if None.
        softcap: above 0; none if None.
        bias: of the rank of q, each extent 1 or that of the scores
            `[B, H, M, N]`; of the type of q or f32. -inf masks a pair.
        sinks: `[H]`, a logit per head in natural-log units that joins the sum only.
        key_scale, value_scale: `[B, Hk, N]` or `[Hk, N]`, f32: what each row of k and v
            counts as multiplied by. `attn.quantize` makes them.
        score: a function of (s, b, h, i, j) that returns the new score, in place of
            softcap and bias: s is scaled, i the position of the query (row + N - M for
            "bottom_right"), j that of the key. It is traced once a call into the
            kernel, never called for elements: `docs/HowTo/Score.md`. Numbers that it
            captures are constants, so another number is another kernel; arrays,
            read by index, are operands. Where M and N differ and i is used, it needs
            `align`.
        normalize: False for no softmax: scores are the weights, as `score` makes them,
            such as by ReLU or sigmoid. Not with sinks or return_lse.
        return_lse: also return the log-sum-exp (natural), f32 (f64 for f64).
        out: an array for o, of its type and shape, any strides; it is what is returned. Memory of an
            input is allowed: then o is computed elsewhere and copied.
        threads: how many may compute; by default ATTN_NUM_THREADS, else the
            processors of this process.

    Returns:
        o `[B, H, M, E]` in the type of q, or `(o, lse)` with lse `[B, H, M]`; in
        the kind of array that came in. Scores and sums are f32 (f64 for f64).
        A row that keeps no key gives 0 and lse -inf (with a sink: the sink). A
        score of NaN or +inf makes its row NaN. With `normalize=False` a pair that is not
        kept adds 0, and any score, -inf too, goes into the sum as it is.

    Raises:
        ShapeError: extents, types or mask values do not fit; an index of a captured
            array may leave it.
        ArgumentError: scale or softcap not above 0, threads below 0, score with
            softcap or bias, normalize=False with sinks or return_lse, …
        UnsupportedError: arrays outside host memory; a score that cannot be traced,
            such as one with `if` on a traced value: the message names file and line.

    Error against float64: f32 4e-6 max|v| (times sqrt(N / 1024) above 1k keys),
    f16 and bf16 twice that of a same-type implementation, lse 1e-5 (1 + |lse|).
    With scales, v is value_scale v and so on: what quantising lost is not counted. With
    `normalize=False` the bound is on sum |s| max|v| of a row.
    Papers: arXiv:1706.03762, arXiv:1805.02867; without softmax arXiv:2309.08586 (ReLU),
    arXiv:2409.04431 (sigmoid).

    >>> o, lse = attn.sdpa(q, k, v, mask=masks.causal(), return_lse=True)
    >>> slopes = np.array([0.5, 0.25], np.float32)
    >>> o = attn.sdpa(q, k, v, score=lambda s, b, h, i, j: s - slopes[h] * (i - j))
    >>> relu = lambda s, b, h, i, j: attn.math.maximum(s, 0) / 1024
    >>> o = attn.sdpa(q, k, v, score=relu, normalize=False)
    """
    views = [Tensor(q, "query"), view_of(k, "key"), view_of(v, "value")]
    scales = view_scales(key_scale, value_scale)
    problem = check_problem(*views, *scales)
    clauses = check_clauses(
        problem, mask=mask, align=align, scale=scale, softcap=softcap, bias=bias, sinks=sinks
    )
    check_score(clauses, score)
    check_normalize(clauses, normalize, return_lse)
    function = Function("sdpa")
    length = static_length(problem, views, clauses.mask)
    types = (
        head_type(problem, problem.H, problem.D, length=length),
        head_type(problem, problem.Hk, problem.D, views[1].dtype, length),
        head_type(problem, problem.Hk, problem.E, views[2].dtype, length),
    )
    inputs = []
    for view, name, argument_type in zip(views, "qkv", types):
        write_operand(function, inputs, view, name, argument_type)
    results = [("%o", head_type(problem, problem.H, problem.E, length=length))]
    if return_lse:
        results.append(("%lse", lse_type(problem, length)))
    modifiers = write_clauses(function, inputs, problem, clauses)
    modifiers += write_scales(function, inputs, problem, scales)
    modifiers += write_score(function, inputs, problem, score, clauses)
    modifiers += "" if normalize else " normalize(none)"
    function.line(
        f"{', '.join(name for name, _ in results)} = attn.sdpa %q, %k, %v{modifiers} "
        f": ({', '.join(types)}) -> ({', '.join(result_type for _, result_type in results)})"
    )
    kernel = kernel_of(function.render(*results))
    outputs = Outputs(inputs, out=out).run(kernel, storage_of(q, k, v), threads)
    return tuple(outputs) if return_lse else outputs[0]


def weights(
    q,
    k,
    *,
    mask=None,
    align=None,
    scale=None,
    softcap=None,
    bias=None,
    sinks=None,
    key_scale=None,
    score=None,
    threads=None,
):
    """The probabilities of softmax attention, the whole M x N of them.

        P[b,h,i,j] = exp(s[b,h,i,j] - lse[b,h,i]) where the mask keeps j, else 0

    with s and lse as in `attn.sdpa`, whose arguments these are. For looking at and
    for small problems: attention itself never makes this array.

    Args:
        q: `[B, H, M, D]` or `[H, M, D]`.
        k: `[B, Hk, N, D]`, Hk divides H; quantised with key_scale as in `attn.sdpa`.

    Returns:
        P `[B, H, M, N]` in the type of q. Rows that keep no key are 0; the rows of
        others sum to 1 (below it with sinks).

    Raises: as `attn.sdpa`. Error against float64: 4e-6 in f32. Paper: arXiv:1706.03762.

    >>> p = attn.weights(q, k, mask=masks.causal())
    """
    views = [Tensor(q, "query"), view_of(k, "key")]
    scales = view_scales(key_scale)
    problem = check_problem(*views, key_scale=scales[0])
    clauses = check_clauses(
        problem, mask=mask, align=align, scale=scale, softcap=softcap, bias=bias, sinks=sinks
    )
    check_score(clauses, score)
    function = Function("weights")
    types = (
        head_type(problem, problem.H, problem.D),
        head_type(problem, problem.Hk, problem.D, views[1].dtype),
    )
    inputs = []
    for view, name, argument_type in zip(views, "qk", types):
        write_operand(function, inputs, view, name, argument_type)
    result_type = head_type(problem, problem.H, None)
    modifiers = write_clauses(function, inputs, problem, clauses)
    modifiers += write_scales(function, inputs, problem, scales)
    modifiers += write_score(function, inputs, problem, score, clauses)
    function.line(
        f"%p = attn.weights %q, %k{modifiers} : ({', '.join(types)}) -> {result_type}"
    )
    return kernel_of(function.render(("%p", result_type))).run(inputs, storage_of(q, k), threads)[0]
