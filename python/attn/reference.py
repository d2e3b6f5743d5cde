"""Attention in float64 NumPy, straight from the formulas: what kernels are tested against.

The functions have the signatures of those of `attn`, take NumPy arrays of any of
their types, and return float64. Nothing here is compiled.
"""

from __future__ import annotations

import numpy as np

from ._attn import Tensor
from .arrays import wide
from .caches import PagedView, check_append
from .checks import check_clauses, check_normalize, check_problem, check_score, check_threads
from .layers import check_layer
from .masks import Mask, query_offset
from .ops import view_scales
from .parts import check_parts, check_rope
from .reference_linear import feature_map, linear
from .reference_low_rank import latent, linformer, nystrom
from .reference_selection import compress, select


def gathered(array):
    """A paged view as one array: NaN (or 0) where the table names no page; others as they are."""
    if not isinstance(array, PagedView):
        return array
    pages, table = (
        np.asarray(x if hasattr(x, "__array__") else np.from_dlpack(x))
        for x in (array.pages, array.table)
    )
    B, T = table.shape
    page, heads, *width = pages.shape[1:]
    keys = np.zeros((B, T, page, heads, *width), pages.dtype)
    if pages.dtype.kind != "i":
        keys[...] = np.nan
    exists = (table >= 0) & (table < len(pages))
    keys[exists] = pages[table[exists]]
    return np.moveaxis(keys.reshape(B, T * page, heads, *width), 2, 1)


def split(problem, array, scale=None):
    """`array`, times a scale a row, in float64 with a batch and with the heads of the query."""
    array = wide(array)
    if scale is not None:
        with np.errstate(all="ignore"):
            array = array * wide(scale)[..., None]
    array = array if problem.batched else array[None]
    return np.repeat(array, problem.H // array.shape[1], axis=1)


def kept_pairs(problem, mask, align):
    """bool [B, 1, M, N], or [B, H, M, N] where heads differ: where the mask holds."""
    heads = problem.H if mask is not None and mask.uses_head else 1
    shape = (problem.B, heads, problem.M, problem.N)
    if mask is None:
        return np.ones(shape, bool)
    pairs = [
        mask.materialize(problem.M, problem.N, b, h, align)
        for b in range(problem.B)
        for h in range(heads)
    ]
    return np.array(pairs, bool).reshape(shape)


def scores_of(problem, q, k, clauses, score=None, key_scale=None):
    """The scores [B, H, M, N], -inf where the mask does not hold, and where it does."""
    kept = kept_pairs(problem, clauses.mask, clauses.align)
    scale = problem.D**-0.5 if clauses.scale is None else clauses.scale
    with np.errstate(all="ignore"):
        s = split(problem, q) @ split(problem, k, key_scale).swapaxes(-1, -2) * scale
        if score is not None:
            b, h, i, j = np.ogrid[: problem.B, : problem.H, : problem.M, : problem.N]
            offset = query_offset(Mask(), problem.M, problem.N, clauses.align)
            s = np.broadcast_to(wide(score(s, b, h, i + offset, j)), s.shape)
        if clauses.softcap is not None:
            s = clauses.softcap * np.tanh(s / clauses.softcap)
    return s, kept


def normalise(problem, s, kept, sinks):
    """exp(s - maximum), its sums and the log-sum-exp; rows that keep nothing sum to 0."""
    s = np.where(kept, s, -np.inf)
    highest = s.max(-1, keepdims=True, initial=-np.inf)
    sink = None
    if sinks is not None:
        sink = wide(sinks)[None, :, None, None]
        highest = np.maximum(highest, sink)
    highest = np.where(np.isneginf(highest), 0, highest)
    with np.errstate(all="ignore"):
        p = np.exp(s - highest)
        total = p.sum(-1, keepdims=True)
        if sink is not None:
            total = total + np.exp(sink - highest)
        lse = (highest + np.log(total))[..., 0]
    return p / np.where(total == 0, 1, total), lse


def weights_of(problem, s, kept, sinks, normalize):
    """The weights and the log-sum-exp of a softmax, or the scores that are kept and None."""
    if normalize:
        return normalise(problem, s, kept, sinks)
    return np.where(kept, s, 0), None


def weighted_values(p, v, kept):
    """The sum over kept pairs of p v: values of other pairs count for nothing, be they NaN."""
    kept = np.broadcast_to(kept, p.shape)
    finite = np.isfinite(v).all(-1)
    with np.errstate(all="ignore"):
        o = p @ np.where(finite[..., None], v, 0)
        for b, h, j in np.argwhere(~finite & kept.any(-2)):
            term = p[b, h, :, j, None] * v[b, h, j]
            o[b, h] += np.where(kept[b, h, :, j, None], term, 0)
    return o


def unbatched(problem, array):
    """`array` without the batch that the arguments did not have."""
    return array if problem.batched else array[0]


def probabilities(
    problem, q, k, clauses, bias, sinks, score=None, key_scale=None, normalize=True
):
    """The weights, the log-sum-exp (None without softmax) and the kept pairs, with a batch."""
    s, kept = scores_of(problem, q, k, clauses, score, key_scale)
    if bias is not None:
        s = s + (wide(bias) if problem.batched else wide(bias)[None])
    p, lse = weights_of(problem, s, kept, sinks, normalize)
    return p, lse, kept


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
    threads=None,
):
    """`attn.sdpa` in float64.

    `score` is called once with arrays: the scaled scores `[B, H, M, N]` and the
    indices b, h, i (absolute), j; it replaces softcap and bias.
    """
    check_threads(threads)
    k, v, key_scale, value_scale = map(gathered, (k, v, key_scale, value_scale))
    problem = check_problem(
        Tensor(q, "query"),
        Tensor(k, "key"),
        Tensor(v, "value"),
        *view_scales(key_scale, value_scale),
    )
    clauses = check_clauses(
        problem, mask=mask, align=align, scale=scale, softcap=softcap, bias=bias, sinks=sinks
    )
    check_score(clauses, score)
    check_normalize(clauses, normalize, return_lse)
    p, lse, kept = probabilities(problem, q, k, clauses, bias, sinks, score, key_scale, normalize)
    o = unbatched(problem, weighted_values(p, split(problem, v, value_scale), kept))
    return (o, unbatched(problem, lse)) if return_lse else o


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
    """`attn.weights` in float64."""
    check_threads(threads)
    k, key_scale = gathered(k), gathered(key_scale)
    scales = view_scales(key_scale)
    problem = check_problem(Tensor(q, "query"), Tensor(k, "key"), key_scale=scales[0])
    clauses = check_clauses(
        problem, mask=mask, align=align, scale=scale, softcap=softcap, bias=bias, sinks=sinks
    )
    check_score(clauses, score)
    p, _, _ = probabilities(problem, q, k, clauses, bias, sinks, score, key_scale)
    return unbatched(problem, p)


def paged_view(pages, table):
    """`attn.paged_view` as an array of float64; NaN where the table names no page."""
    return wide(gathered(PagedView(pages, table)))


def kv_append(cache, new, pos, table=None, ring=False, *, scales=False, threads=None):
    """`attn.kv_append` on a copy in float64."""
    check_threads(threads)
    if not (hasattr(pos, "__array_interface__") or hasattr(pos, "__dlpack__")):
        pos = np.array(pos, np.int32, ndmin=1)
    entries = None if table is None else Tensor(table, "table")
    batched = check_append(
        Tensor(cache, "cache"), Tensor(new, "new"), Tensor(pos, "pos"), entries, scales
    )
    result, rows = wide(cache), wide(new)
    target = result if batched or table is not None else result[None]
    rows = rows if batched else rows[None]
    pos = np.broadcast_to(wide(pos).astype(int), rows.shape[:1])
    length = target.shape[2] if table is None else entries.shape[1] * target.shape[1]
    for b in range(rows.shape[0]):
        for m in range(rows.shape[2]):
            p = (pos[b] + m) % length if ring else pos[b] + m
            if table is None:
                target[b, :, p] = rows[b, :, m]
            else:
                page = target.shape[1]
                target[int(wide(table)[b, p // page]), p % page] = rows[b, :, m]
    return result


def merge(*parts, threads=None):
    """`attn.merge` in float64."""
    check_threads(threads)
    check_parts(parts)
    outs = np.array([wide(out) for out, _ in parts])
    lses = np.array([wide(lse) for _, lse in parts])
    highest = lses.max(0)
    highest = np.where(np.isneginf(highest), 0, highest)
    with np.errstate(all="ignore"):
        factors = np.exp(lses - highest)
        total = factors.sum(0)
        lse = highest + np.log(total)
    factors = factors / np.where(total == 0, 1, total)
    terms = np.where(np.isneginf(lses)[..., None], 0, factors[..., None] * outs)
    return terms.sum(0), lse


def rope(x, cos, sin, layout="half", *, threads=None):
    """`attn.rope` in float64."""
    check_threads(threads)
    check_rope(Tensor(x, "x"), Tensor(cos, "cos"), Tensor(sin, "sin"), layout)
    y, cos, sin = wide(x), wide(cos), wide(sin)
    half = cos.shape[1]
    if layout == "half":
        first, second = slice(0, half), slice(half, 2 * half)
    else:
        first, second = slice(0, 2 * half, 2), slice(1, 2 * half, 2)
    a, b = y[..., first].copy(), y[..., second].copy()
    y[..., first], y[..., second] = a * cos - b * sin, b * cos + a * sin
    return y


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
    threads=None,
):
    """`attn.layer` in float64."""
    kv_heads = heads if kv_heads is None else kv_heads
    arrays = {"x": x, "wq": wq, "wk": wk, "wv": wv, "wo": wo, "context": context}
    views = [None if array is None else Tensor(array, name) for name, array in arrays.items()]
    check_layer(*views, heads, kv_heads)
    source = wide(x if context is None else context)

    def heads_of(rows, weight, count):
        projected = rows @ wide(weight)
        return projected.reshape(*rows.shape[:2], count, -1).swapaxes(1, 2)

    o = sdpa(
        heads_of(wide(x), wq, heads),
        heads_of(source, wk, kv_heads),
        heads_of(source, wv, kv_heads),
        mask=mask,
        align=align,
        scale=scale,
        softcap=softcap,
        bias=None if bias is None else wide(bias),
        sinks=sinks,
        score=score,
        normalize=normalize,
        threads=threads,
    )
    merged = o.swapaxes(1, 2).reshape(*o.shape[:1], o.shape[2], -1)
    return merged if wo is None else merged @ wide(wo)
