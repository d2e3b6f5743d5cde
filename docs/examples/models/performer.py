"""Performer (arXiv:2009.14794): softmax attention estimated, and how far off that is.

Random features are an estimate of exp(q k / sqrt(D)) whose variance grows exponentially
with |q| |k|: fine for short rows, useless for long ones, and more features barely help.
"""

import numpy as np

import attn
from attn import feature_maps

rng = np.random.default_rng(0)
q, k, v = (rng.standard_normal((1, 4, 512, 64)).astype(np.float32) for _ in range(3))
q, k = (x / np.linalg.norm(x, axis=-1, keepdims=True) for x in (q, k))


def error_of(norm, m):
    """Relative to the size of exact attention; all rows of q and k over D^(1/4) have one norm."""
    a, b = norm * 64**0.25 * q, norm * 64**0.25 * k
    estimate = attn.linear(a, b, v, feature_map=feature_maps.favor(m, seed=1), normalize=True)
    exact = attn.sdpa(a, b, v)
    return np.linalg.norm(estimate - exact) / np.linalg.norm(exact)


for norm in (0.5, 1.0, 2.0, 4.0):
    errors = [error_of(norm, m) for m in (64, 256, 1024)]
    print(f"norm {norm}: error {', '.join(f'{e:.2f}' for e in errors)} with m = 64, 256, 1024")
    if norm <= 1:
        assert errors[2] < errors[0] and errors[2] < 0.5
    if norm >= 4:
        assert errors[2] > 0.5
print("not an estimate any more at norm 4: use attn.sdpa there")
