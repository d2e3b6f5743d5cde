"""The examples in docstrings run, and every public function has one."""

import doctest
import importlib

import numpy as np
import pytest

import attn
from numerics import F32, random_qkv


def names():
    """What the examples take as given."""
    q, k, v = random_qkv(0, M=6, N=6, D=8)
    rng = np.random.default_rng(0)
    x, wq, wk, wv, wo = (
        rng.standard_normal(shape).astype(F32) for shape in ((2, 5, 16), *[(16, 16)] * 4)
    )
    return {
        "attn": attn,
        "masks": attn.masks,
        "feature_maps": attn.feature_maps,
        "recipes": attn.recipes,
        "np": np,
        "angles": np.ones((6, 4), F32),
        **{"q": q, "k": k, "v": v, "k1": k[:, :, :4], "v1": v[:, :, :4]},
        **{"k2": k[:, :, 4:], "v2": v[:, :, 4:], "x": x, "wq": wq, "wk": wk, "wv": wv, "wo": wo},
    }


MODULES = [
    *("masks.expressions", "masks.functors", "masks.operands", "recipes"),
    *("ops", "parts", "layers", "quantize", "selection", "linear", "feature_maps"),
    *("low_rank", "low_rank_bias", "latent_attention"),
]


@pytest.mark.parametrize("module", MODULES)
def test_examples(module):
    result = doctest.testmod(importlib.import_module(f"attn.{module}"), extraglobs=names())
    assert result.attempted > 0 and result.failed == 0


@pytest.mark.parametrize(
    "function",
    [
        *("sdpa", "weights", "merge", "rope", "layer", "quantize", "compress", "select"),
        *("linear", "feature_map"),
        *("linformer", "nystrom", "latent", "low_rank_bias", "alibi_bias"),
    ],
)
def test_public_functions_say_it_all(function):
    text = getattr(attn, function).__doc__
    for section in ("Args:", "Returns:", "Raises:", ">>> ", "Paper"):
        assert section in text, section
