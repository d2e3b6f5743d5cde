"""Widths, heads, types, masks and clauses: every pair of choices meets in some kernel."""

import itertools

import numpy as np
import pytest

from attn import masks as m
from numerics import DTYPES, F32, check_sdpa, random_qkv

CHOICES = {
    "D": (1, 8, 31, 32, 64, 80, 96, 128, 256),
    "heads": ((1, 1), (4, 4), (4, 1), (8, 8), (8, 2), (8, 1)),
    "mask": ("none", "causal", "window", "near", "lens", "not"),
    "E": ("D", 1, 48, 96),
    "dtype": DTYPES,
    "clause": ("none", "scale", "softcap", "bias", "sinks"),
    "align": ("top_left", "bottom_right"),
    "lengths": ((65, 65), (7, 130), (130, 63), (1, 200)),
    "batch": (None, 1, 3),
}
MASKS = {
    "none": None,
    "causal": m.causal(),
    "window": m.window(20, 5),
    "near": m.near(31),
    "lens": m.lens([50]),
    "not": ~(m.window(3, 0) | m.rows(2)),
}


def pairwise(choices):
    """Cases (dicts) such that every two choices of different names meet, found greedily."""
    names = list(choices)
    open_pairs = {
        ((a, x), (b, y))
        for a, b in itertools.combinations(names, 2)
        for x in choices[a]
        for y in choices[b]
    }
    while open_pairs:
        (a, x), (b, y) = min(open_pairs, key=repr)
        case = {a: x, b: y}
        for name in names:
            if name not in case:
                case[name] = max(
                    choices[name],
                    key=lambda value, name=name: sum(
                        ((name, value), (other, case[other])) in open_pairs
                        or ((other, case[other]), (name, value)) in open_pairs
                        for other in case
                    ),
                )
        case = {name: case[name] for name in names}
        open_pairs -= set(itertools.combinations(case.items(), 2))
        yield case


def spelled(case):
    return "-".join(getattr(value, "__name__", str(value)) for value in case.values())


@pytest.mark.parametrize("case", list(pairwise(CHOICES)), ids=spelled)
def test_extents(case):
    (H, Hk), (M, N), D = case["heads"], case["lengths"], case["D"]
    E = D if case["E"] == "D" else case["E"]
    arrays = random_qkv(D, case["dtype"], B=case["batch"] or 1, H=H, Hk=Hk, M=M, N=N, D=D, E=E)
    if case["batch"] is None:
        arrays = tuple(x[0] for x in arrays)
    rng = np.random.default_rng(E)
    bias = rng.standard_normal((1, H, M, N)[-arrays[0].ndim :]).astype(F32)
    statistics = np.float64 if case["dtype"] == np.float64 else F32
    clause = {
        "none": {},
        "scale": {"scale": 0.3 / D**0.5},
        "softcap": {"softcap": 2.0},
        "bias": {"bias": bias},
        "sinks": {"sinks": rng.standard_normal(H).astype(statistics)},
    }[case["clause"]]
    check_sdpa(*arrays, mask=MASKS[case["mask"]], align=case["align"], **clause)
