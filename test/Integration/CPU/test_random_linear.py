"""Linear attention whose arguments are drawn, against float64: what nobody thought of together."""

import numpy as np
import pytest

from attn import feature_maps
from linear_numerics import DECAYS, RULES, random_linear, run_linear
from numerics import BF16, F16, F32, F64, random_qkv

WIDTHS = (1, 2, 5, 8, 16, 17, 32, 33, 48, 64)
LENGTHS = (0, 1, 2, 3, 15, 16, 17, 63, 64, 65, 100, 129, 257)


def random_map(rng, D, N):
    """A feature map for rows of D elements, and how many features it makes."""
    maps = [None, "elu1", "exp", "softmax", "hedgehog", lambda x: x * x + 0.25]
    maps += [feature_maps.favor(int(rng.integers(1, 40)), seed=1), feature_maps.cos(N + 80, 3)]
    if D <= 17:
        maps.append("taylor2")
    feature_map = maps[rng.integers(len(maps))]
    return feature_map, feature_maps.feature_map_of(feature_map).count(D)


@pytest.mark.parametrize("seed", range(80))
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
    q, k, v, clauses = random_linear(
        seed,
        dtype,
        decay=DECAYS[rng.integers(4)],
        rule=rule,
        state=bool(rng.integers(2)),
        B=B,
        H=Hk * group,
        Hk=Hk,
        heads=Hk * int(rng.choice((1, group))),
        N=N,
        D=D,
        E=E,
        features=features,
        strength=float(rng.choice((1e-3, 0.1, 3))),
        normalize=normalize,
    )
    clauses["feature_map"] = feature_map
    if callable(feature_map):
        clauses["eps"] = 0.0
    if rng.integers(3) == 0:
        cuts = np.sort(rng.integers(0, N + 1, int(rng.integers(0, 6))))
        clauses["docs"] = [0, *cuts.tolist(), N]
    if rule == "plain" and rng.integers(3) == 0:
        for name in ("decay", "state", "docs"):
            clauses.pop(name, None)
        clauses["causal"] = False
        q = random_qkv(seed, dtype, B=B, H=Hk * group, M=int(rng.integers(0, 70)), N=0, D=D)[0]
    run_linear(q, k, v, threads=int(rng.integers(1, 4)), **clauses)
