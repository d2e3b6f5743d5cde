"""Low-rank attention in PyTorch, as the papers' own code has it."""

from __future__ import annotations

import torch
from torch.nn.functional import scaled_dot_product_attention

from . import inputs
from .cases import LANDMARKS, LATENT, STEPS
from .torch_peers import load, tensor


def linformer(case):
    """Projections, two products and a softmax."""
    q, k, v = load(case)
    e, f = (tensor(x) for x in inputs.make_projections(case))
    scale = case.D**-0.5

    def run():
        keys, values = e @ k, f @ v
        return torch.softmax((q @ keys.transpose(-1, -2)) * scale, dim=-1) @ values

    return run


def pseudo_inverse(a):
    """The iteration of Nyströmformer, with norms of each head."""
    size = a.abs()
    norm = size.sum(-1).amax(-1) * size.sum(-2).amax(-1)
    z = a.transpose(-1, -2) / norm[..., None, None]
    identity = torch.eye(a.shape[-1])
    for _ in range(STEPS):
        w = a @ z
        z = 0.25 * z @ (13 * identity - w @ (15 * identity - w @ (7 * identity - w)))
    return z


def landmarks_of(case, x):
    """The means of the segments of x."""
    return x.reshape(1, case.H, LANDMARKS, -1, case.D).mean(3)


def nystrom(case):
    """Means of segments, three softmaxes, the inverse between them."""
    q, k, v = load(case)
    if case.N % LANDMARKS:
        raise ValueError(f"segments need lengths that {LANDMARKS} divides")
    scale = case.D**-0.5

    def run():
        def weights(rows, cols):
            return torch.softmax(rows @ cols.transpose(-1, -2), dim=-1)

        rows = q * scale
        queries, keys = landmarks_of(case, rows), landmarks_of(case, k)
        inverse = pseudo_inverse(weights(queries, keys))
        return (weights(rows, keys) @ inverse) @ (weights(queries, k) @ v)

    return run


def fused_linformer(case):
    """Projections, and fused attention."""
    q, k, v = load(case)
    e, f = (tensor(x) for x in inputs.make_projections(case))
    return lambda: scaled_dot_product_attention(q, e @ k, f @ v)


def fused_nystrom(case):
    """Fused attention of the landmarks and to them, which is another order of the products."""
    q, k, v = load(case)
    scale = case.D**-0.5

    def run():
        queries, keys = landmarks_of(case, q), landmarks_of(case, k)
        weights = torch.softmax((queries @ keys.transpose(-1, -2)) * scale, dim=-1)
        gathered = scaled_dot_product_attention(queries, k, v)
        return scaled_dot_product_attention(q, keys, pseudo_inverse(weights) @ gathered)

    return run


def latent(case):
    """The absorbed form, the heads as rows of one product with the cache."""
    load(case)
    q_nope, q_rope, cache, w_uk, w_uv = (tensor(x) for x in inputs.make_latent(case))
    scale = (q_nope.shape[-1] + q_rope.shape[-1]) ** -0.5

    def run():
        absorbed = torch.einsum("bhmn,hcn->bhmc", q_nope, w_uk)
        rows = torch.cat((absorbed, q_rope), dim=-1).view(1, -1, cache.shape[-1])
        p = torch.softmax((rows @ cache.transpose(-1, -2)) * scale, dim=-1)
        mixed = (p @ cache[..., :LATENT]).view(1, case.H, case.M, LATENT)
        return torch.einsum("bhmc,hce->bhme", mixed, w_uv)

    return run


FAMILIES = {"linformer": linformer, "nystrom": nystrom, "mla": latent}
FUSED = {"linformer": fused_linformer, "nystrom": fused_nystrom}


def prepare_plain(case):
    """The code of the row's mechanism, line by line."""
    return FAMILIES[case.family](case)


def prepare_fused(case):
    """The same around `scaled_dot_product_attention`."""
    return FUSED[case.family](case)


SIDES = {"plain": prepare_plain, "fused": prepare_fused}
