"""The rows in PyTorch: fused attention, and what its users write by hand."""

from __future__ import annotations

import math

import numpy as np
import torch
import torch.nn.functional as F

from . import inputs
from .cases import FRAMES_SEEN, WINDOW


def tensor(array):
    """A tensor on the memory of an array; torch does not know NumPy's bfloat16."""
    if array.dtype == inputs.DTYPES["bf16"]:
        return torch.from_numpy(array.view(np.uint16)).view(torch.bfloat16)
    return torch.from_numpy(array)


def load(case):
    """q, k, v as tensors; sets the number of threads."""
    torch.set_num_threads(case.threads)
    torch.set_grad_enabled(False)
    return [tensor(array) for array in inputs.make_inputs(case)]


def mask_of(case):
    """The mask or bias as SDPA takes it, or None."""
    rows = torch.arange(case.M)[:, None]
    keys = torch.arange(case.N)[None, :]
    if case.family == "window":
        return (keys <= rows) & (rows - keys < WINDOW)
    if case.family == "longformer":
        marked = torch.from_numpy(inputs.global_flags(case))
        return ((rows - keys).abs() <= WINDOW) | marked[:, None] | marked[None, :]
    if case.family == "docs":
        document = torch.bucketize(torch.arange(case.N), torch.tensor(case.documents), right=True)
        return document[:, None] == document[None, :]
    if case.family == "blocks":
        table = torch.from_numpy(inputs.block_table(case))
        return table.repeat_interleave(case.block, 0).repeat_interleave(case.block, 1)
    if case.family == "bias":
        return tensor(inputs.make_bias(case))
    if case.family == "alibi":
        bias = -tensor(inputs.slopes(case))[:, None, None] * (rows - keys).float()
        return bias.masked_fill(keys > rows, -math.inf)[None]
    return None


def rotation(case):
    """Rotary positions as models write them: halves of rows against each other."""
    cos, sin = (tensor(table).repeat(1, 2) for table in inputs.angles(case))
    half = case.D // 2
    return lambda x: x * cos + torch.cat((-x[..., half:], x[..., :half]), dim=-1) * sin


def prepare_sdpa(case):
    """`scaled_dot_product_attention`."""
    q, k, v = load(case)
    mask = mask_of(case)
    causal, grouped = case.family in ("causal", "rope"), case.H != case.Hk
    rotate = rotation(case) if case.family == "rope" else lambda x: x
    return lambda: F.scaled_dot_product_attention(
        rotate(q), rotate(k), v, attn_mask=mask, is_causal=causal, enable_gqa=grouped
    )


def prepare_grouped(case):
    """Two products and a softmax, the query heads of a key head as rows."""
    q, k, v = load(case)
    rows = q.view(1, case.Hk, case.H // case.Hk * case.M, case.D)
    scale = case.D**-0.5

    def run():
        weights = torch.softmax((rows @ k.transpose(-1, -2)) * scale, dim=-1)
        return (weights @ v).view(q.shape)

    return run


def prepare_unfused(case):
    """Products, tanh and softmax, one after the other."""
    q, k, v = load(case)
    scale = case.D**-0.5

    def run():
        scores = 50.0 * torch.tanh((q @ k.transpose(-1, -2)) * (scale / 50.0))
        return torch.softmax(scores, dim=-1) @ v

    return run


def prepare_split(case):
    """SDPA on one document after the other."""
    q, k, v = load(case)
    bounds = case.documents

    def run():
        return torch.cat(
            [
                F.scaled_dot_product_attention(*(x[:, :, start:end] for x in (q, k, v)))
                for start, end in zip(bounds, bounds[1:])
            ],
            dim=2,
        )

    return run


def prepare_chunked(case):
    """SDPA of each chunk of queries against its own and the previous chunk of keys."""
    q, k, v = load(case)
    if case.N % WINDOW:
        raise ValueError(f"chunks need lengths that {WINDOW} divides")
    chunks, width = case.N // WINDOW, case.D
    rows = torch.arange(WINDOW)[:, None] + WINDOW
    keys = torch.arange(2 * WINDOW)[None, :]
    inside = (keys <= rows) & (rows - keys < WINDOW)
    mask = inside.expand(chunks, 1, -1, -1).clone()
    mask[0, :, :, :WINDOW] = False

    def run():
        queries = q[0].reshape(case.H, chunks, WINDOW, width).transpose(0, 1)
        parts = []
        for x in (k, v):
            padded = F.pad(x[0], (0, 0, WINDOW, 0))
            parts.append(padded.unfold(1, 2 * WINDOW, WINDOW).permute(1, 0, 3, 2))
        out = F.scaled_dot_product_attention(queries, *parts, attn_mask=mask)
        return out.transpose(0, 1).reshape(q.shape)

    return run


def is_near(a, b, size, extent):
    """Whether b is among the `size` points of an axis nearest to a."""
    start = torch.clamp(a - size // 2, 0, extent - size)
    return (b >= start) & (b < start + size)


def neighbourhood(case):
    """The mask of an image or a video as FlexAttention takes it."""
    side = case.extents[-1]
    plane, size = side * side, case.near

    def keep(b, h, i, j):
        rows = is_near(i % plane // side, j % plane // side, size, side)
        columns = is_near(i % side, j % side, size, side)
        past = i // plane - j // plane
        return rows & columns & (past >= 0) & (past < FRAMES_SEEN)

    return keep


def prepare_flex(case):
    """`flex_attention`, compiled for these shapes."""
    from torch.nn.attention.flex_attention import create_block_mask, flex_attention

    q, k, v = load(case)
    blocks = score = None
    if case.family == "window":
        def keep(b, h, i, j):
            return (j <= i) & (i - j < WINDOW)
    elif case.family == "docs":
        document = torch.bucketize(torch.arange(case.N), torch.tensor(case.documents), right=True)

        def keep(b, h, i, j):
            return document[i] == document[j]
    elif case.family == "longformer":
        marked = torch.from_numpy(inputs.global_flags(case))

        def keep(b, h, i, j):
            return ((i - j).abs() <= WINDOW) | marked[i] | marked[j]
    elif case.family in ("image", "video"):
        keep = neighbourhood(case)
    elif case.family == "blocks":
        table, block = torch.from_numpy(inputs.block_table(case)), case.block

        def keep(b, h, i, j):
            return table[i // block, j // block]
    elif case.family == "alibi":
        slopes = tensor(inputs.slopes(case))

        def keep(b, h, i, j):
            return j <= i

        def score(s, b, h, i, j):
            return s - slopes[h] * (i - j)
    else:
        keep = None
    if case.family == "softcap":
        def score(s, b, h, i, j):
            return 50.0 * torch.tanh(s / 50.0)
    if keep:
        blocks = create_block_mask(keep, None, None, case.M, case.N, device="cpu")
    compiled = torch.compile(flex_attention, dynamic=False)
    return lambda: compiled(q, k, v, score_mod=score, block_mask=blocks)


SIDES = {
    "sdpa": prepare_sdpa,
    "grouped": prepare_grouped,
    "unfused": prepare_unfused,
    "split": prepare_split,
    "chunked": prepare_chunked,
    "flex": prepare_flex,
}
