"""Native sparse attention (arXiv:2502.11089) from public ops, against float64.

Three branches see compressed keys, the keys of selected blocks, and a window; each query
mixes them by gates of its own. Heads that share keys select together.
"""

import numpy as np

import attn
from attn import masks as m

HEADS, KEY_HEADS, LENGTH, WIDTH = 4, 2, 400, 32
COMPRESSED, STRIDE, BLOCK, CHOSEN, WINDOW = 32, 16, 64, 4, 128


#: A compressed key is seen by queries at or behind the last of its keys.
PAST = m.pred(lambda b, h, i, j: j * STRIDE + COMPRESSED - 1 <= i)


def shared_cells(count, blocks):
    """[count, blocks]: the cells of STRIDE keys that compressed keys share with blocks."""
    e, c = np.ogrid[:count, :blocks]
    width, cells = COMPRESSED // STRIDE, BLOCK // STRIDE
    shared = np.minimum(e + width, (c + 1) * cells) - np.maximum(e, c * cells)
    return np.maximum(shared, 0).astype(np.float32)


def nsa(q, k, v, gates, rows):
    """The three branches; neighbouring `rows` queries select together."""
    (B, H, M, _), (_, Hk, N, E) = q.shape, v.shape
    kc, vc = (attn.compress(x, COMPRESSED, STRIDE) for x in (k, v))
    # What a block is worth is a sum over probabilities, so that attention itself makes it: of
    # values that say how many cells a compressed key shares with each block.
    cells = shared_cells(kc.shape[2], -(-N // BLOCK))
    values = np.concatenate([vc, np.broadcast_to(cells, (B, Hk, *cells.shape))], -1)
    both = attn.sdpa(q, kc, values, mask=PAST, align="top_left")
    compressed, scores = both[..., :E], both[..., E:]

    scores = np.add.reduceat(scores, np.arange(0, M, rows), axis=2)
    lists = attn.select(
        scores, M, N, k=CHOSEN, block=(rows, BLOCK), initial=1, local=2, group=H // Hk,
        mask=m.causal(),
    )
    selected = attn.sdpa(q, k, v, mask=m.blocks(lists) & m.causal())

    window = attn.sdpa(q, k, v, mask=m.window(WINDOW - 1, 0))
    return sum(gates[..., n : n + 1] * o for n, o in enumerate((compressed, selected, window)))


def attend(q, k, v):
    """One query and the keys it sees, in float64: the probabilities and the result."""
    s = k @ q / np.sqrt(WIDTH)
    p = np.exp(s - s.max(initial=-np.inf))
    p /= max(p.sum(), np.finfo(float).tiny)
    return p, p @ v


def exact(q, k, v, gates, rows):
    """The same, query by query, straight from the paper."""
    q, k, v = (x.astype(np.float64) for x in (q, k, v))
    o, group = np.zeros(q.shape), HEADS // KEY_HEADS
    for b, n, first in np.ndindex(len(q), KEY_HEADS, -(-LENGTH // rows)):
        keys, values = k[b, n], v[b, n]
        heads = range(n * group, (n + 1) * group)
        queries = range(first * rows, min((first + 1) * rows, LENGTH))
        importance = np.zeros(-(-LENGTH // BLOCK))
        for h in heads:
            for i in queries:
                starts = range(0, i + 2 - COMPRESSED, STRIDE)
                kc, vc = (
                    np.array([x[c : c + COMPRESSED].mean(0) for c in starts]).reshape(-1, WIDTH)
                    for x in (keys, values)
                )
                p, branch = attend(q[b, h, i], kc, vc)
                o[b, h, i] += gates[b, h, i, 0] * branch
                # A block gets the probability of a compressed key for each of its cells.
                for start, weight in zip(starts, p):
                    for cell in range(start, start + COMPRESSED, STRIDE):
                        importance[cell // BLOCK] += weight
        last = queries[-1] // BLOCK
        chosen = {0, last, max(last - 1, 0)}
        ranked = sorted(range(last + 1), key=lambda c: (-importance[c], c))
        for c in ranked:
            if len(chosen) < CHOSEN:
                chosen.add(c)
        for h in heads:
            for i in queries:
                seen = [j for j in range(i + 1) if j // BLOCK in chosen]
                near = range(max(i + 1 - WINDOW, 0), i + 1)
                for gate, some in ((1, seen), (2, near)):
                    branch = attend(q[b, h, i], keys[some], values[some])[1]
                    o[b, h, i] += gates[b, h, i, gate] * branch
    return o


if __name__ == "__main__":
    rng = np.random.default_rng(0)
    q, k, v = (
        rng.standard_normal((2, heads, LENGTH, WIDTH)).astype(np.float32)
        for heads in (HEADS, KEY_HEADS, KEY_HEADS)
    )
    gates = 1 / (1 + np.exp(-rng.standard_normal((2, HEADS, LENGTH, 3))))
    for rows in (1, 16):
        error = np.abs(nsa(q, k, v, gates, rows) - exact(q, k, v, gates, rows)).max()
        print(f"{rows:2} queries select together: largest error {error:.1e}")
        assert error < 2e-5
