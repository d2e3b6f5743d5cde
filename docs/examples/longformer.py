"""Longformer's layer: a window, and global tokens with projections of their own.

A token sees its window and the global tokens; a global token sees everything, through
other projections of queries, keys and values (arXiv:2004.05150, section 3.1). Both are one
attention each, the second on as many rows as there are global tokens.
"""

import numpy as np

import attn
from attn import masks as m

HEADS, LENGTH, WIDTH, REACH = 4, 3000, 32, 128
rng = np.random.default_rng(0)
tokens = np.array([0, 1, 1500])
# Keys before all others in this order are the global ones: `order & ~same` keeps, for
# each row, what comes strictly before it.
rank = np.ones(LENGTH, np.int32)
rank[tokens] = 0


def heads(x, weight):
    """[HEADS, rows, WIDTH] of a projection."""
    return np.ascontiguousarray((x @ weight).reshape(len(x), HEADS, WIDTH).swapaxes(0, 1))


x = rng.standard_normal((LENGTH, HEADS * WIDTH), np.float32)
local, everywhere = (
    rng.standard_normal((3, HEADS * WIDTH, HEADS * WIDTH), np.float32) / WIDTH for _ in range(2)
)
q, k, v = (heads(x, weight) for weight in local)
mask = m.window(REACH, REACH) | (m.order(rank) & ~m.same(rank))
o = attn.sdpa(q, k, v, mask=mask)

global_q = heads(x[tokens], everywhere[0])
global_k, global_v = (heads(x, weight) for weight in everywhere[1:])
o[:, tokens] = attn.sdpa(global_q, global_k, global_v)

i, j = np.ogrid[:LENGTH, :LENGTH]
kept = (abs(i - j) <= REACH) | np.isin(j, tokens)
exact = attn.reference.sdpa(q, k, v, bias=np.where(kept, 0, -np.inf).astype(np.float32)[None])
exact[:, tokens] = attn.reference.sdpa(global_q, global_k, global_v)
error = np.abs(o - exact).max()
print(f"{kept.mean():.1%} of all pairs, largest error {error:.1e}")
assert error < 2e-5
