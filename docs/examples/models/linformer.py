"""Linformer (arXiv:2006.04768): softmax attention to r mixtures of keys, against float64.

A matrix that is trained projects N keys to r, another the values; shorter inputs use their first
columns. How far that is from dense attention is in `docs/examples/low_rank_error.py`.
"""

import numpy as np

import attn

rng = np.random.default_rng(0)
B, H, N, D, r, longest = 2, 4, 300, 64, 32, 512
q, k, v = (rng.standard_normal((B, H, N, D)).astype(np.float32) for _ in range(3))
e, f = (rng.standard_normal((r, longest)).astype(np.float32) / r for _ in range(2))

o = attn.linformer(q, k, v, e, f)

q, k, v, e, f = (x.astype(float) for x in (q, k, v, e[:, :N], f[:, :N]))
scores = q @ (e @ k).swapaxes(-1, -2) * D**-0.5
weights = np.exp(scores - scores.max(-1, keepdims=True))
exact = weights / weights.sum(-1, keepdims=True) @ (f @ v)
error = abs(o - exact).max() / abs(exact).max()
print(f"largest error {error:.1e}")
assert error < 2e-5

# The identity projects nothing: this is dense attention.
difference = abs(attn.linformer(q, k, v, np.eye(N)) - attn.sdpa(q, k, v)).max()
print(f"with the identity {difference:.1e} from dense attention")
assert difference < 1e-12
