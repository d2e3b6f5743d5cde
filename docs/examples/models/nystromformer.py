"""Nyströmformer (arXiv:2102.03902): attention by way of landmarks, against float64.

Three narrow matrices stand for the N x N of softmax attention: of queries and landmarks, of the
landmarks themselves, inverted, of landmarks and keys. A convolution of the values is added.
"""

import numpy as np

import attn

rng = np.random.default_rng(0)
B, H, N, D, m, taps = 1, 4, 320, 64, 32, 33
q, k, v = (rng.standard_normal((B, H, N, D)).astype(np.float32) for _ in range(3))
skip = rng.standard_normal((H, taps)).astype(np.float32) / taps

o, residual = attn.nystrom(q, k, v, landmarks=m, skip=skip, return_residual=True)


def softmax(q, k):
    """The weights of softmax attention, all of them."""
    weights = np.exp(q @ k.swapaxes(-1, -2) * D**-0.5)
    return weights / weights.sum(-1, keepdims=True)


q, k, v, skip = (x.astype(float) for x in (q, k, v, skip))
q_means, k_means = (x.reshape(B, H, m, N // m, D).mean(-2) for x in (q, k))
A, one = softmax(q_means, k_means), np.eye(m)
Z = A.swapaxes(-1, -2) / A.sum(-2).max(-1)[..., None, None]
for _ in range(6):
    Z = Z @ (13 * one - A @ Z @ (15 * one - A @ Z @ (7 * one - A @ Z))) / 4
exact = softmax(q, k_means) @ (Z @ (softmax(q_means, k) @ v))
padded = np.pad(v, ((0, 0), (0, 0), (taps // 2, taps // 2), (0, 0)))
exact += sum(skip[:, t, None, None] * padded[:, :, t : t + N] for t in range(taps))
error = abs(o - exact).max() / abs(exact).max()
print(f"largest error {error:.1e}, residual of the inverse {residual.max():.1e}")
assert error < 2e-5
