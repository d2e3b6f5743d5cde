"""The masks of well-known papers: each one line of `attn.masks`, to use or to start from.

    from attn import recipes

    o = attn.sdpa(q, k, v, mask=recipes.sliding_window(256))
    o = attn.sdpa(q, k, v, mask=recipes.chunked(8192) & masks.lens(lengths))

The functions return masks, which combine with others by `&`, `|` and `~`.
"""

from __future__ import annotations

import numpy as np

from .errors import ArgumentError
from .masks.atoms import (
    causal,
    check_extent,
    cols,
    cols_last,
    colmod,
    full,
    near,
    rows,
    rows_last,
    stride,
    window,
)
from .masks.draws import plus_random
from .masks.functors import block, grid, per_head
from .masks.operands import docs, flags, order


def local(reach):
    """Keys at most `reach` before or behind the query. Paper: arXiv:2004.05150.

    >>> recipes.local(1).materialize(1, 4, align="top_left").astype(int)
    array([[1, 1, 0, 0]])
    """
    return window(reach, reach)


def sliding_window(size):
    """The last `size` keys, the query's own among them. Paper: Mistral, arXiv:2310.06825."""
    return window(check_extent("size", size, 1) - 1, 0)


def dilated(reach, step):
    """Every `step`-th key, `reach` of them on each side. Paper: Longformer, arXiv:2004.05150."""
    return window(reach * step, reach * step) & stride(step)


def sparse_strided(length):
    """The last `length` keys and every `length`-th before. Paper: arXiv:1904.10509."""
    return causal() & (sliding_window(length) | stride(length))


def sparse_fixed(length, summaries=1):
    """The query's own chunk and the last keys of each earlier one. Paper: arXiv:1904.10509."""
    return causal() & (block(length, window(0, 0)) | colmod(length, summaries))


def longformer(reach, marked):
    """Neighbours, and everything for the marked tokens. Paper: arXiv:2004.05150.

    The paper's separate projections of marked rows are a second attention on those rows:
    `docs/examples/longformer.py`.
    """
    return window(reach, reach) | flags(marked)


def bigbird(size, r, seed=0):
    """Blocks of `size`: neighbours, the first and the last block, and r random ones.

    The first and last block see, and are seen by, all. Paper: BigBird, arXiv:2007.14062.
    """
    ends = cols(1) | cols_last(1) | rows(1) | rows_last(1)
    return block(size, plus_random(r, seed, window(1, 1) | ends))


def streaming(size, sinks=4):
    """The last `size` keys and the first `sinks`. Paper: StreamingLLM, arXiv:2309.17453."""
    return causal() & (sliding_window(size) | cols(sinks))


def prefix(length):
    """Causal but for a prefix that all see: prefix-LM. Paper: T5, arXiv:1910.10683."""
    return causal() | cols(length)


def chunked(size):
    """Causal within chunks of `size` keys: the local layers of Llama 4."""
    return causal() & block(size, window(0, 0))


def packed(boundaries):
    """Causal within documents [cu[d], cu[d + 1]) packed behind one another."""
    return causal() & docs(boundaries)


def permuted(rank):
    """Tokens that come no later in an order of prediction. Paper: XLNet, arXiv:1906.08237.

    This is the content stream; `permuted(rank) & ~masks.same(rank)` is the query stream.
    """
    return order(rank)


def image(shape, size):
    """A neighbourhood of size x size points, also at borders. Paper: NATTEN, arXiv:2204.07143."""
    return grid(shape, [near(size), near(size)])


def video(shape, frames, size):
    """The same in the last `frames` frames, the query's own among them, of [T, H, W] points."""
    return grid(shape, [sliding_window(frames), near(size), near(size)])


def mixture(*parts):
    """A mask for each head from pairs of a mask and how many heads it is for.

    >>> recipes.mixture((masks.causal(), 2), (recipes.local(9), 1)).mlir([])
    'per_head[causal, causal, window<9, 9>]'
    """
    return per_head([mask for mask, heads in parts for _ in range(heads)])


def block_diffusion(length, size):
    """Training of block diffusion, on 2 length tokens: noised ones, then the same clean.

    Noised tokens see their own block of noised ones and the clean blocks before it; clean tokens
    see clean blocks up to their own. Paper: BD3-LM, arXiv:2503.09573.
    """
    if check_extent("size", size, 1) > length or length % size:
        raise ArgumentError(f"blocks of {size} of {length} tokens, expected a divisor")
    noised, clean, own = cols(1) & rows(1), cols_last(1), window(0, 0)
    halves = (
        (noised, own),
        (rows(1) & clean, window(None, 0) & ~own),
        (rows_last(1) & clean, causal()),
    )
    masks = [grid([2, length // size, size], [half, blocks, full()]) for half, blocks in halves]
    return masks[0] | masks[1] | masks[2]


def tree(parents):
    """A tree of drafted tokens: each sees its ancestors and itself. Paper: arXiv:2305.09781.

    parents[j] is the token that token j continues, -1 at a root; parents come before children.
    With the steps of a walk around the tree at which a token is entered and left, an ancestor
    is entered no later and left no earlier. Attention to what the tree continues is a second
    call, joined by `attn.merge`.

    >>> recipes.tree([-1, 0, 0, 1]).materialize(4, 4).astype(int)
    array([[1, 0, 0, 0],
           [1, 1, 0, 0],
           [1, 0, 1, 0],
           [1, 1, 0, 1]])
    """
    parents = np.asarray(parents)
    count = len(parents)
    if parents.ndim != 1 or parents.dtype.kind not in "iu" or (parents >= np.arange(count)).any():
        raise ArgumentError(f"parents is {parents}, expected a token before each, or -1")
    if count and parents.min() < -1:
        raise ArgumentError(f"parents holds {parents.min()}, expected tokens or -1")
    # Descendants follow their ancestor without a gap, in the order in which they are entered.
    sizes = np.ones(count, np.int32)
    for token in range(count - 1, -1, -1):
        if parents[token] >= 0:
            sizes[parents[token]] += sizes[token]
    entered, free = np.zeros(count, np.int32), np.zeros(count + 1, np.int32)
    for token, parent in enumerate(parents):
        entered[token] = free[parent]
        free[parent] += sizes[token]
        free[token] = entered[token] + 1
    return order(entered) & order(-(entered + sizes))


__all__ = [
    "bigbird",
    "block_diffusion",
    "chunked",
    "dilated",
    "image",
    "local",
    "longformer",
    "mixture",
    "packed",
    "permuted",
    "prefix",
    "sliding_window",
    "sparse_fixed",
    "sparse_strided",
    "streaming",
    "tree",
    "video",
]
