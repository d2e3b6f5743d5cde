"""Mixture of block attention (arXiv:2502.13189) from public ops, against float64.

Each query sees its own block of keys up to itself, and those k - 1 blocks of the past whose
mean key it scores highest.
"""

import numpy as np

import attn
from attn import masks as m

HEADS, KEY_HEADS, LENGTH, WIDTH, BLOCK, CHOSEN = 4, 2, 330, 32, 32, 3


def moba(q, k, v):
    """Blocks chosen by each query of each head."""
    M, N = q.shape[2], k.shape[2]
    # The last block may be a part: it is the one of its queries, and needs no score.
    means = attn.compress(k, BLOCK)
    means = np.repeat(means, q.shape[1] // k.shape[1], axis=1)
    scores = np.zeros((*q.shape[:3], -(-N // BLOCK)), np.float32)
    np.matmul(q, means.swapaxes(-1, -2), out=scores[..., : means.shape[2]])
    lists = attn.select(scores, M, N, k=CHOSEN, block=(1, BLOCK), local=1, mask=m.causal())
    return attn.sdpa(q, k, v, mask=m.blocks(lists) & m.causal())


def exact(q, k, v):
    """The same in float64, query by query."""
    q, k, v = (x.astype(np.float64) for x in (q, k, v))
    o = np.zeros(q.shape)
    for b, h, i in np.ndindex(q.shape[:3]):
        keys, values = (x[b, h // (HEADS // KEY_HEADS)] for x in (k, v))
        own = i // BLOCK
        scores = [q[b, h, i] @ keys[c * BLOCK : (c + 1) * BLOCK].mean(0) for c in range(own)]
        best = sorted(range(own), key=lambda c: -scores[c])[: CHOSEN - 1]
        seen = [j for j in range(i + 1) if j // BLOCK in (*best, own)]
        s = keys[seen] @ q[b, h, i] / np.sqrt(WIDTH)
        p = np.exp(s - s.max())
        o[b, h, i] = p @ values[seen] / p.sum()
    return o


if __name__ == "__main__":
    rng = np.random.default_rng(0)
    q, k, v = (
        rng.standard_normal((2, heads, LENGTH, WIDTH)).astype(np.float32)
        for heads in (HEADS, KEY_HEADS, KEY_HEADS)
    )
    error = np.abs(moba(q, k, v) - exact(q, k, v)).max()
    print(f"largest error {error:.1e}")
    assert error < 2e-5
