"""DeltaNet, gated DeltaNet and KDA (arXiv:2406.06484, 2412.06464, 2510.26692), against float64.

The delta rule replaces what the state holds for a key, instead of adding to it. The three
differ in what they forget before: nothing, a factor a token, or one for each channel.
"""

import numpy as np

import attn

rng = np.random.default_rng(0)
B, H, N, D = 2, 4, 300, 64
q, k, v = (rng.standard_normal((B, H, N, D)).astype(np.float32) for _ in range(3))
# Keys of norm 1 and beta in 0 to 1 are what keeps the state bounded.
q, k = (x / np.linalg.norm(x, axis=-1, keepdims=True) for x in (q, k))
beta = 1 / (1 + np.exp(-rng.standard_normal((B, H, N)).astype(np.float32)))
models = {
    "DeltaNet": {},
    "gated DeltaNet": {"decay": -rng.exponential(0.1, (B, H, N)).astype(np.float32)},
    "KDA": {"decay": -rng.exponential(0.1, (B, H, N, D)).astype(np.float32)},
}


def exact(q, k, v, beta, decay):
    """Token by token in float64."""
    S, o = np.zeros((B, H, D, D)), np.zeros(v.shape)
    for t in range(N):
        S = np.exp(decay[:, :, t, :, None]) * S
        u = beta[:, :, t, None] * (v[:, :, t] - (k[:, :, t, None] @ S)[:, :, 0])
        S = S + k[:, :, t, :, None] * u[:, :, None]
        o[:, :, t] = (q[:, :, t, None] @ S)[:, :, 0]
    return o


for name, gate in models.items():
    o = attn.linear(q, k, v, beta=beta, delta=True, causal=True, scale=D**-0.5, **gate)
    decay = gate.get("decay", np.zeros((B, H, N)))
    wide = (x.astype(float) for x in (q, k, v, beta, decay.reshape(B, H, N, -1)))
    expected = exact(*wide) * D**-0.5
    error = abs(o - expected).max() / abs(expected).max()
    print(f"{name}: largest error {error:.1e}")
    assert error < 2e-5
