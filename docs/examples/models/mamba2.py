"""The state space of Mamba-2 (SSD, arXiv:2405.21060) as linear attention, against float64.

    S_t = exp(Δ_t A) S_(t-1) + B_t^T (Δ_t x_t),    y_t = C_t S_t + D x_t

q = C and k = B are those of all heads: views with a stride of 0, which nobody copies.
"""

import numpy as np

import attn

rng = np.random.default_rng(0)
batch, heads, N, width, states = 2, 4, 300, 64, 128
x = rng.standard_normal((batch, heads, N, width)).astype(np.float32)
B, C = (rng.standard_normal((batch, 1, N, states)).astype(np.float32) for _ in range(2))
delta = np.logaddexp(0, rng.standard_normal((batch, heads, N)) - 2).astype(np.float32)
A, skip = -np.arange(1, heads + 1, dtype=np.float32)[:, None], np.ones(heads, np.float32)


def ssd(x, delta, A, B, C, skip):
    """The layer without its projections: x [B, H, N, P], B and C [B, 1, N, S]."""
    q, k = (np.broadcast_to(y, (*x.shape[:3], y.shape[-1])) for y in (C, B))
    y = attn.linear(q, k, delta[..., None] * x, decay=delta * A, causal=True)
    return y + skip[:, None, None] * x


y = ssd(x, delta, A, B, C, skip)

S, exact = np.zeros((batch, heads, states, width)), np.zeros(x.shape)
for t in range(N):
    step = delta[:, :, t, None, None].astype(float)
    S = np.exp(step * A[:, :, None]) * S + B[:, :, t, :, None] * step * x[:, :, t, None]
    exact[:, :, t] = (C[:, :, t, None] @ S)[:, :, 0] + skip[:, None] * x[:, :, t]
error = abs(y - exact).max() / abs(exact).max()
print(f"largest error {error:.1e}")
assert error < 2e-5
