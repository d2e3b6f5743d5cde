"""DeltaNet (arXiv:2406.06484): a state with the delta rule, against float64.

What the state holds for a key is replaced by its value, to the degree of beta, where linear
attention would add to it.
"""

import numpy as np

import attn

rng = np.random.default_rng(0)
B, H, N, D = 2, 4, 300, 64
q, k, v = (rng.standard_normal((B, H, N, D)).astype(np.float32) for _ in range(3))
# Keys of norm 1 and beta in 0 to 1 are what keeps the state bounded.
q, k = (x / np.linalg.norm(x, axis=-1, keepdims=True) for x in (q, k))
beta = rng.uniform(0, 1, (B, H, N)).astype(np.float32)
o = attn.linear(q, k, v, beta=beta, delta=True, causal=True, scale=D**-0.5)

q, k, v, beta = (x.astype(float) for x in (q, k, v, beta))
S, exact = np.zeros((B, H, D, D)), np.zeros(v.shape)
for t in range(N):
    u = beta[:, :, t, None] * (v[:, :, t] - (k[:, :, t, None] @ S)[:, :, 0])
    S = S + k[:, :, t, :, None] * u[:, :, None]
    exact[:, :, t] = (q[:, :, t, None] @ S)[:, :, 0] * D**-0.5
error = abs(o - exact).max() / abs(exact).max()
print(f"largest error {error:.1e}")
assert error < 2e-5
