"""Retention (RetNet, arXiv:2307.08621): a constant decay for each head, against float64.

Head h forgets by the factor 1 - 2^(-5-h) a token: the masked matrix of its paper, and the
recurrence, are one call. Rotation of q and k (`attn.rope`) goes before, norm and gate behind.
"""

import numpy as np

import attn

rng = np.random.default_rng(0)
B, H, N, D = 2, 4, 300, 64
q, k, v = (rng.standard_normal((B, H, N, D)).astype(np.float32) for _ in range(3))
gamma = 1 - 2.0 ** (-5 - np.arange(H))

o = attn.linear(q, k, v, decay=np.log(gamma), causal=True, scale=D**-0.5)

i, j = np.ogrid[:N, :N]
powers = np.where(i >= j, gamma[:, None, None] ** np.maximum(i - j, 0), 0)
q, k, v = (x.astype(float) for x in (q, k, v))
exact = (q @ k.swapaxes(-1, -2) * D**-0.5 * powers) @ v
error = abs(o - exact).max() / abs(exact).max()
print(f"largest error {error:.1e}")
assert error < 2e-5
