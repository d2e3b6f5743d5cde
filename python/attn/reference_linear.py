"""Linear attention in float64 NumPy: what `attn.reference` has of it.

The recurrence is computed token by token. `linear_forms` has two further forms of it, which
tests hold against this one and against each other.
"""

from __future__ import annotations

import numpy as np

from ._attn import Tensor
from .arrays import wide
from .checks import check_threads
from .feature_maps import feature_map_of
from .linear_checks import LinearClauses, check_features, check_linear
from .linear_forms import recurrent


def heads_of(array, batched, H, per_head=False):
    """`array` with a batch, and with each of the H query heads; `per_head` has neither."""
    array = array[None, :] if per_head or not batched else array
    return np.repeat(array, H // array.shape[1], axis=1)


def prepared(linear, q, k, v, decay, beta, state, dtype=np.float64):
    """The arguments of a form of `linear_forms`, starts apart: [B, H, …], in `dtype`.

    Values are scaled by beta where that is no delta rule, and have a column of ones for
    normalize.
    """
    problem = linear.problem

    def spread(array, per_head=False):
        return heads_of(wide(array).astype(dtype), problem.batched, problem.H, per_head)

    with np.errstate(all="ignore"):
        q = linear.features.features(spread(q), "query") * dtype(linear.scale)
        k = linear.features.features(spread(k), "key")
    v, b = spread(v), None if beta is None else spread(beta)
    if b is not None and not linear.delta:
        v, b = v * b[..., None], None
    if linear.normalize:
        v = np.concatenate([v, np.ones_like(v[..., :1])], -1)
    g = np.zeros(k.shape, dtype)
    if decay is not None:
        constant = len(linear.decay.shape) == 1
        given = spread(decay, constant)
        g = g + given.reshape(given.shape + (1,) * (4 - given.ndim))
    shape = (problem.B, problem.H, linear.width, v.shape[-1])
    return q, k, v, g, b, np.zeros(shape, dtype) if state is None else spread(state)


def starts_of(linear, docs):
    """The tokens that documents begin with; those of empty documents are others'."""
    if docs is None:
        return []
    bounds = wide(docs).astype(int).tolist()
    return sorted({begin for begin, end in zip(bounds, bounds[1:]) if begin < end})


def finished(linear, o, state):
    """Outputs divided by their last column, and one state for each head that has one."""
    problem = linear.problem
    if linear.normalize:
        sums = o[..., -1:] + o.dtype.type(linear.eps or 0)
        with np.errstate(all="ignore"):
            o = np.where(sums == 0, 0, o[..., :-1] / np.where(sums == 0, 1, sums))
    state = state[:, :: problem.H // linear.state_heads]
    return (o, state) if problem.batched else (o[0], state[0])


def linear(q, k, v, *, threads=None, **clauses):
    """`attn.linear` in float64, with its clauses."""
    check_threads(threads)
    clauses = LinearClauses(**clauses)
    checked = check_linear(q, k, v, clauses)
    q, k, v, g, b, s = prepared(checked, q, k, v, clauses.decay, clauses.beta, clauses.state)
    with np.errstate(all="ignore"):
        if checked.causal:
            o, last = recurrent(q, k, v, g, b, s, starts_of(checked, clauses.docs))
        else:
            last = k.swapaxes(-1, -2) @ v
            o = q @ last
    o, last = finished(checked, o, last)
    if clauses.state_out is not None:
        clauses.state_out[...] = last
    return (o, last) if clauses.return_state else o


def feature_map(x, feature_map, role="query", *, threads=None):
    """`attn.feature_map` in float64."""
    check_threads(threads)
    features = feature_map_of(feature_map)
    view = Tensor(x, "x")
    check_features(view, features, role)
    x = wide(x)
    batched = x.ndim == 4
    with np.errstate(all="ignore"):
        y = features.features(x if batched else x[None], role)
    return y if batched else y[0]
