"""Multi-head latent attention (MLA, arXiv:2405.04434): one narrow row a token, against float64.

Keys and values of all heads come from the row c, through matrices of each head, and the rotated
part k of keys is one for all heads. A prompt writes keys and values down, a step of decoding
attends to the cache of `[c | k]` itself: which is cheaper is decided at each call.
"""

import numpy as np

import attn
from attn import masks as m

rng = np.random.default_rng(0)
H, N, latent, rotated, D = 8, 200, 128, 32, 64
q, q_rotated = (rng.standard_normal((1, H, N, width)).astype(np.float32) for width in (D, rotated))
cache = rng.standard_normal((1, N, latent + rotated)).astype(np.float32)
w_uk, w_uv = (rng.standard_normal((H, latent, D)).astype(np.float32) / 11 for _ in range(2))
model = {"mask": m.causal(), "align": "bottom_right"}


def mla(q, q_rotated, cache, **form):
    """Queries that stand last, over a cache that is read where it lies."""
    return attn.latent(q, q_rotated, cache, None, w_uk, w_uv, **model, **form)


prompt = mla(q, q_rotated, cache)
step = mla(q[:, :, -1:], q_rotated[:, :, -1:], cache)

c, k_rotated = cache[:, None, :, :latent].astype(float), cache[:, None, :, latent:].astype(float)
keys, values = c @ w_uk, c @ w_uv
scores = q @ keys.swapaxes(-1, -2) + q_rotated @ k_rotated.swapaxes(-1, -2)
weights = np.tril(np.exp(scores * (D + rotated) ** -0.5))
exact = weights / weights.sum(-1, keepdims=True) @ values
for name, o, theirs in (("prompt", prompt, exact), ("step", step, exact[:, :, -1:])):
    error = abs(o - theirs).max() / abs(exact).max()
    print(f"{name}: largest error {error:.1e}")
    assert error < 2e-5
print(f"{cache[0, 0].nbytes} bytes a token, {2 * H * D * 4} as keys and values of heads")
