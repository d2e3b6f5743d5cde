"""By how much estimates miss softmax attention, on inputs that suit them and do not.

Relative errors (2-norm) of 256 queries and keys, 4 heads of width 32, and the residual of the
landmarks' inverse. The projections of Linformer, which are trained in models, are means here;
Performer has its random features.
"""

import numpy as np

import attn
from attn import feature_maps

N, HEADS, WIDTH = 256, 4, 32


def inputs():
    """Pairs of a name and q, k, v."""
    rng = np.random.default_rng(0)
    noise = rng.standard_normal((3, 1, HEADS, N, WIDTH))
    waves = np.cos(
        2 * np.pi * rng.uniform(0.5, 3, (2, 1, HEADS, 1, WIDTH)) * np.linspace(0, 1, N)[:, None]
        + rng.uniform(0, 2 * np.pi, (2, 1, HEADS, 1, WIDTH))
    )
    yield "smooth", (*waves, noise[2])
    yield "noise", noise
    yield "own key", (4 * noise[0], 4 * noise[0], noise[2])
    yield "one key", (noise[0], noise[1] * np.where(np.arange(N) == 77, 6, 1)[:, None], noise[2])


def error(o, exact):
    return np.linalg.norm(o - exact) / np.linalg.norm(exact)


def means(rows):
    """The projection to means of `rows` segments."""
    e = np.zeros((rows, N), np.float32)
    for t in range(rows):
        segment = slice(t * N // rows, (t + 1) * N // rows)
        e[t, segment] = 1 / (segment.stop - segment.start)
    return e


WAYS = {"6 steps": {}, "20 steps": {"iters": 20}, "lu": {"solve": "lu"}}

if __name__ == "__main__":
    print(
        f"{'input':10}{'linformer':>20}{'performer':>20}"
        + "".join(f"{'nystrom, ' + way:>30}" for way in WAYS)
    )
    print(
        f"{'':10}{'r 16':>10}{'r 64':>10}{'m 64':>10}{'m 1024':>10}"
        + f"{'m 16':>10}{'m 64':>10}{'residual':>10}" * len(WAYS)
    )
    for name, arrays in inputs():
        q, k, v = (x.astype(np.float32) for x in arrays)
        exact = attn.reference.sdpa(q, k, v)
        row = [error(attn.linformer(q, k, v, means(r)), exact) for r in (16, 64)]
        for m in (64, 1024):
            features = feature_maps.favor(m, seed=0)
            row += [error(attn.linear(q, k, v, feature_map=features, normalize=True), exact)]
        for how in WAYS.values():
            row += [error(attn.nystrom(q, k, v, 16, **how), exact)]
            o, residual = attn.nystrom(q, k, v, 64, return_residual=True, **how)
            row += [error(o, exact), residual.max()]
        print(f"{name:10}" + "".join(f"{x:10.1e}" for x in row))
