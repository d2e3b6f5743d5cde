"""Gated linear attention (GLA, arXiv:2312.06635): a gate for each channel, against float64.

The decay is log(sigmoid(x)) / 16, [B, H, N, D], for x that the model makes of each token.
"""

import numpy as np

import attn

rng = np.random.default_rng(0)
B, H, N, D = 2, 4, 300, 64
q, k, v, x = (rng.standard_normal((B, H, N, D)).astype(np.float32) for _ in range(4))
log_gates = -np.logaddexp(np.float32(0), -x) / 16

o, state = attn.linear(
    q, k, v, decay=log_gates, causal=True, scale=D**-0.5, return_state=True
)

q, k, v, gates = (x.astype(float) for x in (q, k, v, np.exp(log_gates.astype(float))))
S, exact = np.zeros((B, H, D, D)), np.zeros(v.shape)
for t in range(N):
    S = gates[:, :, t, :, None] * S + k[:, :, t, :, None] * v[:, :, t, None]
    exact[:, :, t] = (q[:, :, t, None] @ S)[:, :, 0] * D**-0.5
for name, ours, theirs in (("output", o, exact), ("state", state, S)):
    error = abs(ours - theirs).max() / abs(theirs).max()
    print(f"{name}: largest error {error:.1e}")
    assert error < 2e-5
