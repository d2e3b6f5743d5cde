"""Log-linear attention (arXiv:2506.04761): log N states instead of one, against float64.

    o_t = sum over levels l of lambda_t[l] q_t S_t[l]

The past of t is cut as a Fenwick tree cuts it, into at most one bucket of each size 1, 2, 4, …, each
with a state of its own and a weight lambda that the token gives it; level 0 is the token itself.
On level l, the right half of each block of 2^l tokens reads the state of the left half: that is
`attn.linear` of blocks as a batch, and one kernel serves all levels. Small blocks are cheaper pair by
pair, all levels at once. A decay, with which this is log-linear Mamba-2, is divided between queries
and keys at the middle of a block.
"""

import numpy as np

import attn
from attn import masks as m

NEAR = 64
i, j = np.ogrid[:NEAR, :NEAR]
LEVELS = np.ceil(np.log2((i ^ j) + 1)).astype(np.int32)  # the number of bits of i xor j


def near(q, k, v, weights, decay):
    """What tokens read within their blocks of 64, pair by pair."""
    tokens = min(NEAR, q.shape[2])
    weights, sums = weights.reshape(-1, tokens, weights.shape[-1]), decay.reshape(-1, tokens).cumsum(-1)

    def score(s, b, h, i, j):
        kept = attn.math.exp(attn.math.minimum(sums[b, i] - sums[b, j], 0))
        return s * weights[b, i, LEVELS[i, j]] * kept

    blocks = (x.reshape(-1, 1, tokens, x.shape[-1]) for x in (q, k, v))
    o = attn.sdpa(*blocks, mask=m.causal(), scale=1.0, score=score, normalize=False)
    return o.reshape(v.shape)


def halves(x, level):
    """Both halves of blocks of 2^level tokens, each `[blocks, 1, tokens, D]`: views of x."""
    blocks = x.reshape(-1, 2, 2 ** (level - 1), x.shape[-1])
    return blocks[:, :1], blocks[:, 1:]


def log_linear(q, k, v, weights, decay):
    """q, k, v `[B, H, N, D]`, weights `[B, H, N, 1 + log2 N]`, decay `[B, H, N]`, N a power of 2."""
    N = q.shape[2]
    if N & (N - 1):
        raise ValueError(f"q has {N} rows, expected a power of 2: pad with zeros")
    sums = decay.cumsum(-1, dtype=np.float64)[..., None]
    o = near(q, k, v, weights, decay)
    for level in range(NEAR.bit_length(), N.bit_length()):
        before, after = halves(sums, level)
        middle = before[:, :, -1:]
        queries = halves(q, level)[1] * np.exp(after - middle).astype(q.dtype)
        keys = halves(k, level)[0] * np.exp(middle - before).astype(k.dtype)
        read = attn.linear(queries, keys, halves(v, level)[0])
        halves(o, level)[1][...] += halves(weights, level)[1][..., level, None] * read
    return o


if __name__ == "__main__":
    rng = np.random.default_rng(0)
    B, H, N, D = 1, 2, 512, 64
    q, k, v = (rng.standard_normal((B, H, N, D)).astype(np.float32) for _ in range(3))
    weights = rng.uniform(0, 1, (B, H, N, N.bit_length())).astype(np.float32)
    decay = -rng.exponential(0.02, (B, H, N)).astype(np.float32)

    o = log_linear(q, k, v, weights, decay)

    i, j = np.ogrid[:N, :N]
    level = np.ceil(np.log2((i ^ j) + 1)).astype(int)  # the number of bits of i xor j
    sums = decay.astype(float).cumsum(-1)
    pairs = np.exp(np.minimum(sums[..., :, None] - sums[..., None, :], 0)) * weights[:, :, i, level]
    exact = (q.astype(float) @ k.swapaxes(-1, -2) * np.tril(pairs)) @ v
    error = abs(o - exact).max() / abs(exact).max()
    print(f"largest error {error:.1e}")
    assert error < 2e-5
    # A pair costs 2 D multiply-adds. On a level, half of the tokens write to states of D x D and half
    # read from them, which is D^2 each.
    for length in (512, 4096, 32768):
        far = length.bit_length() - NEAR.bit_length()
        print(
            f"N = {length}: {far * D + NEAR} multiply-adds for an element of o, "
            f"{2 * D} of linear attention, {length} of all pairs"
        )
