"""cosFormer (arXiv:2202.08791): relu features, and near keys count more, against float64.

Weights are relu(q) relu(k) cos(pi (i - j) / 2M), divided by their sum, with M at least the
length. It is a model of its own, no estimate of softmax attention.
"""

import numpy as np

import attn
from attn import feature_maps

rng = np.random.default_rng(0)
N, M = 300, 512
q, k, v = (rng.standard_normal((2, 4, N, 64)).astype(np.float32) for _ in range(3))

o = attn.linear(q, k, v, feature_map=feature_maps.cos(M), normalize=True, causal=True)

# A decoding step: where its row stands is an argument.
first = (x[:, :, : N - 1] for x in (q, k, v))
model = {"normalize": True, "causal": True}
_, state = attn.linear(*first, feature_map=feature_maps.cos(M), return_state=True, **model)
token = (x[:, :, N - 1 :] for x in (q, k, v))
step = attn.linear(*token, feature_map=feature_maps.cos(M, N - 1), state=state, **model)

i, j = np.ogrid[:N, :N]
q, k, v = (x.astype(float) for x in (q, k, v))
weights = np.maximum(q, 0) @ np.maximum(k, 0).swapaxes(-1, -2)
weights = np.tril(weights * np.cos(np.pi * (i - j) / (2 * M)))
exact = weights @ v / weights.sum(-1, keepdims=True)
for name, ours, theirs in (("whole", o, exact), ("step", step, exact[:, :, N - 1 :])):
    error = abs(ours - theirs).max() / abs(exact).max()
    print(f"{name}: largest error {error:.1e}")
    assert error < 2e-5
