"""Score programs: ALiBi, T5's relative buckets, a cap after a bias, and ReLU and sigmoid in place
of the softmax; each against float64."""

import numpy as np

import attn
from attn import masks as m

HEADS, LENGTH = 4, 200
rng = np.random.default_rng(0)
slopes = 2.0 ** -np.arange(1, HEADS + 1)
buckets = rng.standard_normal((HEADS, 32))


def alibi(s, b, h, i, j):
    return s - slopes[h] * (i - j)


def t5(s, b, h, i, j):
    n = attn.math.maximum(i - j, 0)
    far = 16 + attn.math.floor(attn.math.log(attn.math.maximum(n, 1) / 16) / np.log(8) * 16)
    return s + buckets[h, attn.math.where(n < 16, n, attn.math.minimum(far, 31))]


def capped(s, b, h, i, j):
    return 20 * np.tanh(alibi(s, b, h, i, j) / 20)


q, k, v = (rng.standard_normal((1, HEADS, LENGTH, 32)).astype(np.float32) for _ in range(3))
for score in (alibi, t5, capped):
    o = attn.sdpa(q, k, v, mask=m.causal(), score=score)
    exact = attn.reference.sdpa(q, k, v, mask=m.causal(), score=score)
    error = np.abs(o - exact).max()
    print(f"{score.__name__:8} largest error {error:.1e}")
    assert error < 2e-5


def relu(s, b, h, i, j):
    return attn.math.maximum(s, 0) / LENGTH


def sigmoid(s, b, h, i, j):
    return 1 / (1 + attn.math.exp(np.log(LENGTH) - s))


for score in (relu, sigmoid):
    o = attn.sdpa(q, k, v, mask=m.causal(), score=score, normalize=False)
    exact = attn.reference.sdpa(q, k, v, mask=m.causal(), score=score, normalize=False)
    error = np.abs(o - exact).max()
    print(f"{score.__name__:8} largest error {error:.1e}")
    assert error < 2e-5
