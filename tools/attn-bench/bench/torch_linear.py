"""Linear attention in PyTorch, as its users write it by hand: chunks, or token by token."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from . import inputs
from .torch_peers import load, tensor

# Tokens of a chunk: of 32, 64, 128 and 256 the fastest at 4096 tokens.
CHUNK = 128


def elu1(x):
    """The features of the linear transformer (arXiv:2006.16236)."""
    return F.elu(x) + 1


def chunked(case):
    """Causal linear attention by chunks; sums by a further column of ones."""
    size = min(CHUNK, case.N)
    if case.N % size:
        raise ValueError(f"chunks need lengths that {size} divides")
    before = torch.ones(size, size).tril()

    def run(q, k, v):
        q, k = elu1(q), elu1(k)
        v = torch.cat((v, torch.ones_like(v[..., :1])), dim=-1)
        q, k, v = (x.unflatten(2, (-1, size)) for x in (q, k, v))
        added = k.transpose(-1, -2) @ v
        state = added.cumsum(2) - added
        out = ((q @ k.transpose(-1, -2)) * before) @ v + q @ state
        return (out[..., :-1] / out[..., -1:]).flatten(2, 3)

    return run


def whole(q, k, v):
    """Linear attention of all queries to all keys, keys and values first."""
    q, k = elu1(q), elu1(k)
    state = k.transpose(-1, -2) @ v
    sums = q @ k.sum(2).unsqueeze(-1)
    return (q @ state) / sums


def retention(case):
    """Decay by a constant of each head, by chunks (arXiv:2307.08621)."""
    size = min(CHUNK, case.N)
    if case.N % size:
        raise ValueError(f"chunks need lengths that {size} divides")
    logs = tensor(inputs.head_decay(case))[:, None]
    steps = torch.arange(size)
    since = (steps[:, None] - steps[None, :]).clamp(min=0)
    inner = torch.exp(logs[..., None] * since).tril()[:, None]
    ahead = torch.exp(logs * (steps + 1))[:, None, :, None]
    rest = torch.exp(logs * (size - 1 - steps))[:, None, :, None]
    whole_chunk = torch.exp(logs * size)[..., None]

    def run(q, k, v):
        q, k, v = (x.unflatten(2, (-1, size)) for x in (q, k, v))
        added = (k * rest).transpose(-1, -2) @ v
        state, states = torch.zeros_like(added[:, :, 0]), []
        for n in range(added.shape[2]):
            states.append(state)
            state = state * whole_chunk + added[:, :, n]
        out = ((q @ k.transpose(-1, -2)) * inner) @ v + (q * ahead) @ torch.stack(states, 2)
        return out.flatten(2, 3)

    return run


def recurrence(case):
    """The gated delta rule, token by token (arXiv:2412.06464)."""
    factors = torch.exp(tensor(inputs.token_decay(case)))[..., None, None]
    beta = tensor(inputs.betas(case))[..., None]

    def run(q, k, v):
        state = q.new_zeros(1, case.H, case.D, case.D)
        out = []
        for n in range(case.N):
            state = state * factors[:, :, n]
            key = k[:, :, n, :, None]
            update = beta[:, :, n] * (v[:, :, n] - (key * state).sum(-2))
            state = state + key * update[..., None, :]
            out.append((q[:, :, n, :, None] * state).sum(-2))
        return torch.stack(out, 2)

    return run


def step(case):
    """One token: the state is read and written once, at best."""
    before = tensor(inputs.state(case))
    factors = torch.exp(tensor(inputs.token_decay(case)))[..., None]

    def run(q, k, v):
        after = before * factors + k.transpose(-1, -2) * v
        return q @ after

    return run


def body_of(case):
    """The function of q, k, v of a row."""
    if case.family == "linear_all":
        return whole
    if case.family == "linear":
        return chunked(case)
    if case.family == "retention":
        return retention(case)
    if case.family == "linear_step":
        return step(case)
    return recurrence(case)


def prepare_eager(case):
    """Written out, run as it stands."""
    arrays, body = load(case), body_of(case)
    return lambda: body(*arrays)


def prepare_compiled(case):
    """The same through `torch.compile`, for these shapes."""
    arrays, body = load(case), torch.compile(body_of(case), dynamic=False)
    return lambda: body(*arrays)


SIDES = {"eager": prepare_eager, "compiled": prepare_compiled}
