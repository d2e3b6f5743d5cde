"""Linear attention whose arguments are drawn, against float64: what nobody thought of together."""

import numpy as np
import pytest

import attn
from attn import feature_maps
from linear_numerics import DECAYS, RULES, random_linear, run_linear
from numerics import BF16, F16, F32, F64, random_qkv

WIDTHS = (1, 2, 5, 8, 16, 17, 32, 33, 48, 64)
LENGTHS = (0, 1, 2, 3, 15, 16, 17, 63, 64, 65, 100, 129, 257)


def random_map(rng, D, N):
    """A feature map for rows of D elements, and how many features it makes."""
    maps = [None, "relu", "elu1", "exp", "softmax", "hedgehog", lambda x: x * x + 0.25]
    maps += [feature_maps.favor(int(rng.integers(1, 40)), seed=1), feature_maps.cos(N + 80, 3)]
    if D <= 17:
        maps.append("taylor2")
    feature_map = maps[rng.integers(len(maps))]
    return feature_map, feature_maps.feature_map_of(feature_map).count(D)


def elsewhere(rng, x):
    """x in other memory: with NaN around it, with gaps, or with its axes in another order."""
    match rng.integers(4):
        case 0:
            return x
        case 1:
            return np.asfortranarray(x)
        case 2:
            gaps = np.full((*x.shape[:-1], 2 * x.shape[-1]), np.nan, x.dtype)[..., ::2]
        case 3:
            around = np.full([n + 3 for n in x.shape], np.nan, x.dtype)
            gaps = around[tuple(slice(1, 1 + n) for n in x.shape)]
    gaps[...] = x
    return gaps


def without_batch(x):
    """Batch element 0 of an array; a constant for each head has none."""
    return x if x.ndim == 1 else x[0]


@pytest.mark.parametrize("seed", range(75))
def test_random_arguments(seed):
    rng = np.random.default_rng(seed)
    dtype = (F32, F32, F64, F16, BF16)[rng.integers(5)]
    Hk, group, B = (int(n) for n in rng.integers(1, 4, 3))
    D, E, N = (int(rng.choice(extents)) for extents in (WIDTHS, WIDTHS, LENGTHS))
    feature_map, features = random_map(rng, D, N)
    rule = RULES[rng.integers(3)]
    # The delta rule is stable for keys of norm 1 alone.
    if rule == "delta" and feature_map is not None:
        feature_map, features = "softmax", D
    normalize = rule != "delta" and feature_map is not None
    heads = Hk * int(rng.choice((1, group)))
    q, k, v, clauses = random_linear(
        seed,
        dtype,
        decay=DECAYS[rng.integers(4)],
        rule=rule,
        state=bool(rng.integers(2)),
        B=B,
        H=Hk * group,
        Hk=Hk,
        heads=heads,
        N=N,
        D=D,
        E=E,
        features=features,
        strength=float(rng.choice((1e-3, 0.1, 3))),
        normalize=normalize,
    )
    clauses["feature_map"] = feature_map
    if callable(feature_map) or normalize and rng.integers(4) == 0:
        clauses["eps"] = float(rng.choice((0.0, 0.5)))
    if rng.integers(3) == 0:
        cuts = np.sort(rng.integers(0, N + 1, int(rng.integers(0, 6))))
        clauses["docs"] = [0, *cuts.tolist(), N]
    if rule == "plain" and rng.integers(3) == 0:
        for name in ("decay", "state", "docs"):
            clauses.pop(name, None)
        clauses["causal"] = False
        q = random_qkv(seed, dtype, B=B, H=Hk * group, M=int(rng.integers(0, 70)), N=0, D=D)[0]
    if rng.integers(3) == 0:
        clauses["scale"] = float(rng.choice((0.0, 0.125, -3)))
    arrays = [name for name in ("decay", "beta", "state") if name in clauses]
    for name in arrays:
        # Fewer heads than others have: those of the keys.
        if heads > Hk and rng.integers(3) == 0:
            axis = int(clauses[name].ndim > 1)
            clauses[name] = clauses[name].take(range(0, heads, heads // Hk), axis)
    if rng.integers(3) == 0:
        q, k, v = map(without_batch, (q, k, v))
        clauses.update((name, without_batch(clauses[name])) for name in arrays)
    q, k, v = (elsewhere(rng, x) for x in (q, k, v))
    clauses.update((name, elsewhere(rng, clauses[name])) for name in arrays)
    several = run_linear(q, k, v, threads=3, **clauses)
    one = attn.linear(q, k, v, threads=1, return_state=clauses["causal"], **clauses)
    np.testing.assert_equal(several, one)
