"""Low-rank attention in float64 NumPy: what `attn.reference` has of it.

Written from the formulas, matrices and all; nothing is shared with the kernels.
"""

from __future__ import annotations

import numpy as np

from .latent_attention import check_latent
from .low_rank import check_linformer, check_nystrom


def wide(array):
    """An array in float64, of whatever type and library it is."""
    if hasattr(array, "__dlpack__") and not hasattr(array, "__array__"):
        array = np.from_dlpack(array)
    return np.asarray(array).astype(np.float64)


def softmax(scores, kept=True):
    """The probabilities of rows of scores where `kept`; rows that keep none are 0."""
    scores = np.where(kept, scores, -np.inf)
    if scores.shape[-1] == 0:
        return scores
    top = scores.max(-1, keepdims=True)
    with np.errstate(all="ignore"):
        p = np.where(kept, np.exp(scores - np.where(np.isneginf(top), 0, top)), 0)
        total = p.sum(-1, keepdims=True)
        return np.where(total == 0, 0, p / total)


def heads_of(problem, array):
    """`array` in float64 with a batch and the heads of the query."""
    array = wide(array)
    array = array if problem.batched else array[None]
    return np.repeat(array, problem.H // array.shape[1], axis=1)


def linformer(q, k, v, e, f=None, *, mask=None, scale=None, threads=None):
    """`attn.linformer` in float64."""
    _, problem, scale = check_linformer(q, k, v, e, f, mask, scale)
    scale = problem.D**-0.5 if scale is None else scale
    q, k, v = (heads_of(problem, array) for array in (q, k, v))

    def project(matrix, rows):
        matrix = wide(matrix)[..., : problem.N]
        if matrix.ndim == 3:
            matrix = np.repeat(matrix, problem.H // len(matrix), axis=0)
        return matrix @ rows

    keys, values = project(e, k), project(e if f is None else f, v)
    out = softmax(q @ keys.swapaxes(-1, -2) * scale) @ values
    return out if problem.batched else out[0]


def segment_means(rows, count, length):
    """The means of `count` segments of the first `length` rows `[..., N, D]`."""
    means = np.zeros((*rows.shape[:-2], count, rows.shape[-1]))
    for t in range(count):
        lo = t * length // count
        hi = min(max((t + 1) * length // count, lo + 1), length)
        if lo < hi:
            means[..., t, :] = rows[..., lo:hi, :].mean(-2)
    return means


def pinv(a, iters=None):
    """The pseudo-inverse of `a` by the iteration of the paper; by LAPACK if iters is None."""
    if iters is None:
        return np.linalg.pinv(a)
    norm = np.abs(a).sum(-1).max() * np.abs(a).sum(-2).max()
    z = a.T / norm if norm else np.zeros_like(a)
    identity = np.eye(len(a))
    for _ in range(iters):
        w = a @ z
        z = z @ (13 * identity - w @ (15 * identity - w @ (7 * identity - w))) / 4
    return z


def nystrom(
    q, k, v, landmarks=64, solve="iterative", iters=6, scale=None, return_residual=False, *,
    lens=None, skip=None, mask=None, threads=None,
):
    """`attn.nystrom` in float64; singular matrices get the inverse of Moore and Penrose."""
    checked = check_nystrom(q, k, v, landmarks, solve, iters, mask, scale, lens, skip)
    problem = checked.problem
    scale = problem.D**-0.5 if checked.scale is None else checked.scale
    q, k, v = (heads_of(problem, array) for array in (q, k, v))
    out = np.zeros((problem.B, problem.H, problem.M, problem.E))
    residual = np.zeros((problem.B, problem.H))
    kernels = None if skip is None else wide(skip)
    for b in range(problem.B):
        n = problem.N
        if checked.lens is not None:
            n = int(checked.lens[b if len(checked.lens) > 1 else 0])
        for h in range(problem.H):
            queries = segment_means(q[b, h], checked.count, problem.M)
            keys = segment_means(k[b, h], checked.count, n)
            a = softmax(queries @ keys.T * scale)
            z = pinv(a, checked.iters)
            residual[b, h] = np.abs(a @ z @ a - a).max()
            gathered = softmax(queries @ k[b, h, :n].T * scale) @ v[b, h, :n]
            out[b, h] = softmax(q[b, h] @ keys.T * scale) @ (z @ gathered)
            if kernels is not None:
                half = kernels.shape[1] // 2
                padded = np.zeros((problem.N + 2 * half, problem.E))
                padded[half : half + n] = v[b, h, :n]
                for t, weight in enumerate(kernels[h]):
                    out[b, h] += weight * padded[t : t + problem.M]
    out, residual = (x if problem.batched else x[0] for x in (out, residual))
    return (out, residual) if return_residual else out


def latent(
    q_nope, q_rope, c, k_rope, w_uk, w_uv, *, mask=None, align=None, scale=None, form=None,
    threads=None,
):
    """`attn.latent` in float64, with the keys and values of each head, whatever the form."""
    checked = check_latent(q_nope, q_rope, c, k_rope, w_uk, w_uv, mask, align, scale, form)
    problem = checked.problem
    scale = problem.D**-0.5 if checked.clauses.scale is None else checked.clauses.scale
    q_nope, q_rope, c, w_uk, w_uv = (wide(x) for x in (q_nope, q_rope, c, w_uk, w_uv))
    rotated = c[..., checked.dc :] if k_rope is None else wide(k_rope)
    c = c[..., : checked.dc]
    out = np.zeros((problem.B, problem.H, problem.M, problem.E))
    for b in range(problem.B):
        for h in range(problem.H):
            kept = True
            if mask is not None:
                kept = mask.materialize(problem.M, problem.N, b, h, align)
            scores = q_nope[b, h] @ (c[b] @ w_uk[h]).T + q_rope[b, h] @ rotated[b].T
            values = c[b] @ w_uv[h]
            p = softmax(scores * scale, kept)
            seen = np.broadcast_to(kept, p.shape).any(0) if problem.M else np.zeros(problem.N, bool)
            out[b, h] = p @ np.where(seen[:, None], values, 0)
    return out
