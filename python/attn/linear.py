"""Linear attention: without softmax, a state of fixed size stands for all of the past."""

from __future__ import annotations

import numpy as np

from ._attn import Tensor
from .arrays import as_numpy
from .checks import check_threads
from .compile import kernel_of
from .errors import ArgumentError
from .feature_maps import feature_map_of
from .linear_checks import LinearClauses, check_features, check_linear
from .ops import head_type
from .outputs import Outputs, writable
from .text import Function, float_literal, tensor_type


def write_features(function, name, features, clauses, types, role, statistics):
    """The name of the features of `%name`, an argument; that of the argument for the identity."""
    if features.kind == "identity":
        return f"%{name}"
    roles = f" role({role})" if features.has_roles else ""
    function.line(
        f"%{name}_features = attn.feature_map {features.kind} %{name}{clauses}{roles} "
        f": {types[0]} -> {types[1]}{features.region(statistics)}"
    )
    return f"%{name}_features"


def write_linear_clauses(function, inputs, linear, updates=False):
    """The text of the clauses; adds the arrays they read to the function and to `inputs`.

    With `updates` the last state takes the place of the first.
    """
    problem, parts = linear.problem, []
    batch = (None,) * problem.batched

    def clause(name, tensor, *tail, mark=""):
        heads = tensor.shape[0 if len(tensor.shape) == 1 else len(batch)]
        extents = (heads,) if len(tensor.shape) == 1 else (*batch, heads, *tail)
        argument_type = tensor_type(tensor.dtype, *extents)
        parts.append(f"{name}({function.argument(name, argument_type + mark)} : {argument_type})")
        inputs.append(tensor)

    if linear.decay is not None:
        per_channel = len(linear.decay.shape) == len(batch) + 3
        clause("decay", linear.decay, None, *(linear.width,) * per_channel)
    if linear.beta is not None:
        clause("beta", linear.beta, None)
    if linear.state is not None:
        mark = " {attn.inplace}" if updates else ""
        clause("state", linear.state, *linear.state_shape[-2:], mark=mark)
    if linear.docs is not None:
        docs_type = tensor_type("i32", None)
        parts.append(f"docs({function.argument('docs', docs_type)} : {docs_type})")
        inputs.append(linear.docs)
    parts += [name for name in ("causal", "delta", "normalize") if getattr(linear, name)]
    if linear.scale != 1:
        parts.append(f"scale({float_literal(linear.scale)})")
    if linear.eps is not None:
        parts.append(f"eps({float_literal(linear.eps)})")
    return "".join(f" {part}" for part in parts)


def is_update(target, linear):
    """Whether `target` is the first state itself, and nothing else that is read."""
    if target is None or linear.state is None:
        return False
    places = (
        (x.__array_interface__["data"][0], x.shape, x.strides)
        for x in (target, as_numpy(linear.state))
    )
    others = (linear.query, linear.key, linear.value, linear.decay, linear.beta, linear.docs)
    return next(places) == next(places) and not any(
        np.may_share_memory(target, as_numpy(other)) for other in others if other is not None
    )


def linear(
    q,
    k,
    v,
    *,
    decay=None,
    beta=None,
    state=None,
    state_out=None,
    docs=None,
    delta=False,
    causal=False,
    normalize=False,
    feature_map=None,
    scale=1.0,
    eps=None,
    return_state=False,
    out=None,
    threads=None,
):
    """Linear attention, the recurrence of all of its models.

        S_t = diag(exp(decay_t)) S_(t-1) + φ(k_t)^T u_t
        u_t = v_t; with beta: beta_t v_t
              with delta: beta_t (v_t - φ(k_t) diag(exp(decay_t)) S_(t-1))
        o_t = scale φ(q_t) S_t

    for each batch element and head, over tokens t. Without `causal` every query reads the
    state after the last token. With `normalize`, S has a further column in which u is 1, and
    o is num / (den + eps), num being the first E columns of what is read and den the last; 0
    where den + eps is 0.

    Args:
        q: `[B, H, M, D]` or `[H, M, D]`; f32, f64, f16 or bf16.
        k: `[B, Hk, N, D]`, Hk divides H; v: `[B, Hk, N, E]`. M = N with `causal`.
        decay: natural logarithms of factors, at most 0, -inf forgets all: `[H']` a constant for each
            head, `[B, H', N]` one a token, `[B, H', N, D']` one for each feature of a key.
        beta: `[B, H', N]`. For the delta rule, norms of 1 for φ(k) and numbers in 0 to 1
            (2 at most) keep the state bounded.
        state: `[B, Hs, D', E]`, `[…, E + 1]` with `normalize`: S before the first token, 0 if
            None. Hs is H if decay, beta or state have H heads, else Hk.
        state_out: an array for the last state, of its shape; it may be `state` itself.
        docs: `[documents + 1]` ascending boundaries, the first 0 and the last N: each document
            begins with `state`.
        delta: the delta rule, which needs beta.
        causal: tokens see themselves and what is before. All of the above needs it.
        normalize: divide by the sum of weights. Weights must not be negative, or eps be given.
        feature_map: φ: "relu", "elu1", "exp", "softmax", "hedgehog", "taylor2",
            `attn.feature_maps.favor(m, seed)` or `.cos(length)`, a function of an element
            (traced once a call: `lambda x: x * x`), or None for x itself.
        scale: a finite number.
        eps: at least 0, with `normalize` only; 0 if None.
        return_state: also return S after the last token (with `docs`, of its document).
        out: as in `attn.sdpa`.
        threads: as in `attn.sdpa`.

        H' is H or Hk, and D' how many features a row of D has. Decay, beta and state are f32
        (f64 for f64), and have no B where q has none.

    Returns:
        o `[B, H, M, E]` in the type of q, or `(o, state)` with the state in f32 (f64 for f64);
        in the kind of array that came in. Features are formed a tile at a time, in f32 as all
        sums, and never rounded to the type of q. No exponent above 0 is formed:
        nothing overflows, whatever the length. Work is O(N D' E), memory beside the results
        O(D' E) for each thread.

    Raises:
        ShapeError: extents or types do not fit, docs are not ascending from 0 to N.
        ArgumentError: decay above 0 or NaN, what needs `causal` without it, delta
            without beta or with normalize, normalize of features that may be negative
            without eps, …
        UnsupportedError: arrays outside host memory, a function that cannot be traced.

    Error against float64: f32 2e-5 max|o| up to 1k tokens; f16 and bf16 twice that of a
    same-type implementation. Which model is which call: `docs/HowTo/Linear.md`.
    Papers: arXiv:2006.16236, arXiv:2307.08621, arXiv:2312.06635, arXiv:2405.21060,
    arXiv:2406.06484, arXiv:2412.06464, arXiv:2510.26692.

    >>> o = attn.linear(q, k, v, feature_map="elu1", normalize=True)
    >>> gamma = np.log(np.array([0.9, 0.99]))
    >>> o, state = attn.linear(q, k, v, decay=gamma, causal=True, return_state=True)
    >>> o, state = attn.linear(q, k, v, decay=gamma, state=state, causal=True, return_state=True)
    """
    check_threads(threads)
    clauses = LinearClauses(
        decay=decay, beta=beta, state=state, state_out=state_out, docs=docs, delta=delta,
        causal=causal, normalize=normalize, feature_map=feature_map, scale=scale, eps=eps,
        return_state=return_state,
    )
    checked = check_linear(q, k, v, clauses)
    target = None if state_out is None else writable(state_out, "state_out")
    function, inputs, problem = Function("linear"), [], checked.problem
    names, types = [], []
    heads = problem.H, problem.Hk, problem.Hk
    widths = problem.D, problem.D, problem.E
    tensors = checked.query, checked.key, checked.value
    for name, tensor, count, width in zip("qkv", tensors, heads, widths):
        types.append(head_type(problem, count, width))
        function.argument(name, types[-1])
        inputs.append(tensor)
    features = checked.features
    clauses = features.clauses(function, inputs, problem.D, problem.statistics)
    for place, role in enumerate(("query", "key")):
        made = types[place], head_type(problem, heads[place], checked.width)
        names.append(
            write_features(function, "qk"[place], features, clauses, made, role, problem.statistics)
        )
        types[place] = made[1]
    updates = is_update(target, checked)
    modifiers = write_linear_clauses(function, inputs, checked, updates)
    results = [("%o", head_type(problem, problem.H, problem.E))]
    wants_state = return_state or state_out is not None
    if wants_state:
        batch = (None,) * problem.batched
        state_type = tensor_type(problem.statistics, *batch, *checked.state_shape[-3:])
        results.append(("%last", state_type))
    result_types = ", ".join(result_type for _, result_type in results)
    function.line(
        f"{', '.join(name for name, _ in results)} = attn.linear {', '.join(names)}, %v{modifiers} "
        f": ({', '.join(types)}) -> {f'({result_types})' if wants_state else result_types}"
    )
    kernel = kernel_of(function.render(*results))
    kind = (q, k, v)
    if updates:
        # What shares memory comes back from the place of its input: it is there already.
        kind = [q, k, v] + [q] * (len(inputs) - 3)
        inputs = [Tensor(target, "state_out") if x is checked.state else x for x in inputs]
        places = Outputs(inputs, out=out)
    else:
        places = Outputs(inputs, out=out, state_out=state_out)
    results = places.run(kernel, kind, threads)
    if not return_state:
        return results[0]
    return results[0], results[1] if state_out is None else state_out


def feature_map(x, feature_map, role="query", *, threads=None):
    """The features of linear attention, by themselves: for looking at and for tests.

    `attn.linear` makes them a tile at a time: features made here are rounded to the type of
    x, and take their memory.

    Args:
        x: `[B, H, N, D]` or `[H, N, D]`.
        feature_map: as in `attn.linear`.
        role: "query" or "key", whose features `favor` tells apart.
        threads: as in `attn.sdpa`.

    Returns:
        φ(x) `[B, H, N, D']` in the type of x, computed in f32 (f64 for f64).

    Raises:
        ShapeError: x has another rank or element type, or does not fit the map.
        ArgumentError: no such map or role.

    Papers: those of the maps, at `attn.feature_maps`.

    >>> attn.feature_map(np.array([[[-1.0, 2.0]]], np.float32), "relu").ravel()
    array([0., 2.], dtype=float32)
    """
    features = feature_map_of(feature_map)
    view = Tensor(x, "x")
    check_features(view, features, role)
    if features.kind == "identity":
        raise ArgumentError("feature_map is None, expected one that makes features")
    batch, (heads, _, D) = (None,) * (len(view.shape) - 3), view.shape[-3:]
    function, inputs = Function("feature_map"), [view]
    widths = D, features.count(D)
    types = [tensor_type(view.dtype, *batch, heads, None, width) for width in widths]
    function.argument("x", types[0])
    statistics = "f64" if view.dtype == "f64" else "f32"
    clauses = features.clauses(function, inputs, D, statistics)
    name = write_features(function, "x", features, clauses, types, role, statistics)
    return kernel_of(function.render((name, types[1]))).run(inputs, (x,), threads)[0]
