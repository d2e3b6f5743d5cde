"""Heads that share keys in one tile, in the forms whose lanes are queries.

The lanes of a panel are then the heads of one query, those of the next, and so on, so a panel
has queries of several rows and heads.
"""

import re

import numpy as np
import pytest

import attn
import attn.ops
from attn import masks as m
from numerics import BF16, F32, assert_sdpa_close, check_sdpa, random_qkv, slope_score
from test_amx import emulated_target

#: The form and its panel, with a target that it runs on, and a type that it takes.
FORMS = {
    "transposed": ("query_block = 64, key_block = 30, panel = 32, rows = 3", "x86-64-v3", F32),
    "wide": ("query_block = 128, key_block = 66, panel = 64, rows = 6", None, F32),
    "amx": ("query_block = 64, key_block = 64, panel = 32, rows = 32, form = amx", "tiles", BF16),
    "narrow": ("query_block = 48, key_block = 32, panel = 16, rows = 32, form = amx", "tiles", BF16),
    "parts": ("query_block = 64, key_block = 64, panel = 32, rows = 32, form = amx, split = 64", "tiles", BF16),
}


@pytest.fixture(params=FORMS)
def fold(request, monkeypatch):
    """A function that sets how many heads a tile of attn.sdpa folds; its `dtype`."""
    schedule, target, dtype = FORMS[request.param]
    target = emulated_target() if target == "tiles" else target
    made = {}

    def set_heads(heads):
        cut = f"#attn.schedule<{schedule}, heads = {heads}>"

        def kernel_of(text):
            if (text, heads) not in made:
                whole = re.sub(r"(attn\.sdpa %q, %k, %v)", rf"\1 schedule({cut})", text)
                assert whole != text
                made[text, heads] = attn.compile(whole, target=target or "host")
            return made[text, heads]

        monkeypatch.setattr(attn.ops, "kernel_of", kernel_of)

    set_heads.dtype = dtype
    return set_heads


def check(q, k, v, **clauses):
    """With the log-sum-exp and without, which is another way on AMX."""
    check_sdpa(q, k, v, **clauses)
    assert_sdpa_close(attn.sdpa(q, k, v, threads=2, **clauses), q, k, v, **clauses)


@pytest.mark.parametrize("heads", ((8, 2, 4), (8, 2, 2), (6, 1, 3), (10, 1, 5), (40, 1, 40)), ids=str)
def test_lengths(fold, heads):
    """Panels that end within a row and at its end, tiles of whole panels and a part of one."""
    H, Hk, G = heads
    fold(G)
    for M, N in ((1, 70), (3, 33), (8, 129), (17, 65), (35, 40)):
        q, k, v = random_qkv(M, fold.dtype, H=H, Hk=Hk, M=M, N=N, D=40, E=24)
        check(q, k, v)
        check(q, k, v, mask=m.causal(), align="bottom_right")


MASKS = (
    m.window(20, 0),
    m.lens([5, 130]) & m.causal(),
    m.docs([0, 20, 33, 100, 130]) & m.causal(),
    m.cols(10) | m.window(5, 5),
    m.rows(9) & m.cols(70),
    ~m.window(30, 30),
    m.per_head([m.causal(), m.window(9, 3), m.full(), m.cols(40)]),
)


@pytest.mark.parametrize("mask", MASKS, ids=str)
def test_masks(fold, mask):
    """A panel takes the keys that any of its rows and heads sees, and lanes drop the others."""
    fold(2)
    for M in (5, 50):
        check(*random_qkv(M, fold.dtype, B=2, H=4, Hk=2, M=M, N=130, D=32), mask=mask, align="bottom_right")


def test_clauses(fold):
    """What differs by head: sinks and bias; what does not: softcap and scale."""
    fold(4)
    rng = np.random.default_rng(0)
    q, k, v = random_qkv(0, fold.dtype, B=2, H=8, Hk=2, M=21, N=133, D=48)
    sinks = rng.standard_normal(8).astype(F32)
    bias = rng.standard_normal((2, 8, 21, 133)).astype(F32)
    check(q, k, v, softcap=5.0, sinks=sinks)
    check(q, k, v, scale=0.3)
    check(q, k, v, bias=bias)
    check(q, k, v, bias=bias[:1, :1])
    check(q, k, v, bias=bias[:1, :, :1])
    check(q, k, v, bias=bias, softcap=3.0, sinks=sinks, mask=m.causal(), align="bottom_right")


def test_slopes(fold):
    """A score program takes the head of each lane, here for ALiBi."""
    fold(4)
    H, M, N = 8, 13, 70
    t = {F32: "f32", BF16: "bf16"}[fold.dtype]
    of = lambda heads: f"tensor<{heads}x?x32x{t}>"
    kernel = attn.ops.kernel_of(
        f"func.func @f(%q: {of(H)}, %k: {of(2)}, %v: {of(2)}, %slopes: tensor<{H}xf32>) -> {of(H)} {{\n"
        "  %o = attn.sdpa %q, %k, %v\n"
        f"    {slope_score(H)}\n"
        f"    : ({of(H)}, {of(2)}, {of(2)}) -> {of(H)}\n  return %o : {of(H)}\n}}\n"
    )
    slopes = np.linspace(-0.2, 0.2, H).astype(F32)
    q, k, v = (x[0] for x in random_qkv(2, fold.dtype, H=H, Hk=2, M=M, N=N, D=32))
    distance = (np.arange(N)[None, :] - np.arange(M)[:, None]).astype(F32)
    assert_sdpa_close(kernel(q, k, v, slopes), q, k, v, bias=slopes[:, None, None] * distance)


@pytest.mark.parametrize("M", (7, 40, 130))
def test_threads(fold, M):
    """However many rows a cell has, its panels have the same queries, and the bits are the same."""
    fold(4)
    q, k, v = random_qkv(M, fold.dtype, H=8, Hk=2, M=M, N=200, D=32)
    runs = [attn.sdpa(q, k, v, mask=m.causal(), align="bottom_right", threads=t) for t in (1, 2, 3, 8)]
    for other in runs[1:]:
        np.testing.assert_array_equal(other.view(np.uint8), runs[0].view(np.uint8))
