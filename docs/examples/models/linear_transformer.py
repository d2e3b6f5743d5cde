"""A Linear Transformer (arXiv:2006.16236): whole, and token by token, against float64.

Weights are φ(q) φ(k) with φ = elu + 1, divided by their sum. The state is what a decoder
keeps of its past, of one size whatever the length.
"""

import numpy as np

import attn

rng = np.random.default_rng(0)
q, k, v = (rng.standard_normal((2, 4, 300, 64)).astype(np.float32) for _ in range(3))
model = {"feature_map": "elu1", "normalize": True, "causal": True}

o = attn.linear(q, k, v, **model)

# A prompt of 290 tokens, then one token after the other.
step, state = attn.linear(*(x[:, :, :290] for x in (q, k, v)), return_state=True, **model)
steps = [step]
for t in range(290, 300):
    token = (x[:, :, t : t + 1] for x in (q, k, v))
    step, state = attn.linear(*token, state=state, return_state=True, **model)
    steps.append(step)

queries, keys = (np.where(x > 0, x + 1, np.exp(x)) for x in (q.astype(float), k.astype(float)))
weights = np.tril(queries @ keys.swapaxes(-1, -2))
exact = weights @ v.astype(float) / weights.sum(-1, keepdims=True)
for name, result in (("whole", o), ("in steps", np.concatenate(steps, 2))):
    error = abs(result - exact).max() / abs(exact).max()
    print(f"{name}: largest error {error:.1e}")
    assert error < 2e-5
print(f"state {state.shape}, {state.nbytes // 1024} KiB at any length")
