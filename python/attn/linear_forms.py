"""Three forms of one recurrence, in NumPy, which agree: what linear attention is tested against.

All take q, k, g `[…, N, D]`, v `[…, N, E]`, b `[…, N]` or None and s `[…, D, E]`, of one
float type, and return o `[…, N, E]` and the last state, in that type:

    S_t = diag(exp(g_t)) S_(t-1) + k_t^T u_t,    o_t = q_t S_t
    u_t = v_t; with b, the delta rule: u_t = b_t (v_t - k_t diag(exp(g_t)) S_(t-1))

`starts` are tokens before which S is s again. Every exponent that is formed is at most 0.
"""

from __future__ import annotations

import numpy as np


def recurrent(q, k, v, g, b, s, starts=()):
    """Token by token, as the formula says."""
    starts, state, o = set(starts), s.copy(), np.zeros_like(v)
    for t in range(v.shape[-2]):
        state = s.copy() if t in starts else state
        state = np.exp(g[..., t, :, None]) * state
        u = v[..., t, :]
        if b is not None:
            u = b[..., t, None] * (u - (k[..., t, None, :] @ state)[..., 0, :])
        state = state + k[..., t, :, None] * u[..., None, :]
        o[..., t, :] = (q[..., t, None, :] @ state)[..., 0, :]
    return o, state


def masked_products(rows, keys, sums, strictly=False):
    """sum over c of rows[i, c] keys[j, c] exp(sums[i, c] - sums[j, c]); 0 for j > i (j >= i)."""
    factors = np.exp(np.minimum(sums[..., :, None, :] - sums[..., None, :, :], 0))
    products = (rows[..., :, None, :] * keys[..., None, :, :] * factors).sum(-1)
    return np.tril(products, -1 if strictly else 0)


def of_chunk(q, k, v, g, b, s):
    """The tokens of one chunk as products of matrices; the state after them.

    With the delta rule, (I + A) u = b v - b e^G k S with A the products of keys, times b,
    below the diagonal. Papers: arXiv:2312.06635, arXiv:2406.06484, arXiv:2412.06464.
    """
    sums = np.cumsum(g, -2)
    since, until = np.exp(sums), np.exp(sums[..., -1:, :] - sums)
    u = v
    if b is not None:
        system = b[..., None] * masked_products(k, k, sums, strictly=True)
        system = system + np.eye(k.shape[-2], dtype=k.dtype)
        u = np.linalg.solve(system, b[..., None] * (v - (k * since) @ s))
    o = (q * since) @ s + masked_products(q, k, sums) @ u
    return o, since[..., -1, :, None] * s + (k * until).swapaxes(-1, -2) @ u


def chunked(q, k, v, g, b, s, starts=(), chunk=64):
    """Chunk by chunk, the last of each document ragged; from chunk to chunk the state."""
    N = v.shape[-2]
    bounds = sorted({0, N, *starts})
    o, state = np.zeros_like(v), s
    for begin, end in zip(bounds, bounds[1:]):
        state = s if begin in starts else state
        for first in range(begin, end, chunk):
            part = np.s_[..., first : min(first + chunk, end), :]
            beta = None if b is None else b[part[:-1]]
            o[part], state = of_chunk(q[part], k[part], v[part], g[part], beta, state)
    return o, state


def quadratic(q, k, v, g, b, s, starts=()):
    """The whole matrix of products, masked: a query sees the tokens of its document up to itself.

    With the delta rule, u is found row by row, by what is below the diagonal.
    """
    N = k.shape[-2]
    document = np.searchsorted(np.unique([0, *starts]), np.arange(N), side="right")
    same = document[:, None] == document
    kept = same & (np.arange(N)[:, None] >= np.arange(N))
    # What has decayed since before the first token of the document, and from key to query.
    first = np.searchsorted(document, document)
    sums = np.cumsum(g, -2)
    since = sums - (sums - g)[..., first, :]
    between = np.where(kept[..., None], sums[..., :, None, :] - sums[..., None, :, :], -np.inf)

    def products(rows):
        return np.einsum("...ic,...jc,...ijc->...ij", rows, k, np.exp(np.minimum(between, 0)))

    def of_state(rows):
        return (rows * np.exp(since)) @ s

    u = v
    if b is not None:
        below = np.tril(products(k), -1)
        u = np.zeros_like(v)
        for i in range(N):
            seen = of_state(k)[..., i, :] + (below[..., i, None, :] @ u)[..., 0, :]
            u[..., i, :] = b[..., i, None] * (v[..., i, :] - seen)
    o = of_state(q) + products(q) @ u
    if N == 0:
        return o, s
    left = np.exp(between[..., -1, :, :]) * k
    return o, np.exp(since[..., -1, :, None]) * s + left.swapaxes(-1, -2) @ u
