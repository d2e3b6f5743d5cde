"""Kernels for lesser machines than the host, which this one can run as well."""

import re

import numpy as np
import pytest

import attn
from numerics import BF16, DTYPES, F16, F32, F64, assert_sdpa_close, random_qkv

#: The levels of x86-64 and the flags of Linux that tell them.
LEVELS = {
    "x86-64-v2": {"sse4_2"},
    "x86-64-v3": {"avx2", "fma", "f16c"},
    "x86-64-v4": {"avx512f", "avx512bw", "avx512dq", "avx512vl"},
}
NAMES = {F32: "f32", F64: "f64", F16: "f16", BF16: "bf16"}


def flags_of_this_machine():
    with open("/proc/cpuinfo", encoding="utf-8") as cpuinfo:
        found = re.search(r"^flags\s*:(.*)$", cpuinfo.read(), re.M)
    return set(found.group(1).split()) if found else set()


@pytest.fixture(params=LEVELS)
def target(request):
    if not LEVELS[request.param] <= flags_of_this_machine():
        pytest.skip(f"this machine is no {request.param}")
    return request.param


def text_of(dtype, clauses="", arguments=""):
    t = f"tensor<?x2x?x24x{NAMES[dtype]}>"
    return (
        f"func.func @f(%q: {t}, %k: {t}, %v: {t}{arguments}) -> {t} {{\n"
        f"  %o = attn.sdpa %q, %k, %v {clauses} : ({t}, {t}, {t}) -> {t}\n"
        f"  return %o : {t}\n}}\n"
    )


@pytest.mark.parametrize("dtype", DTYPES, ids=lambda dtype: np.dtype(dtype).name)
def test_numbers(target, dtype):
    kernel = attn.compile(
        text_of(dtype, "mask(all(causal, window<90, 0>)) align(bottom_right) softcap(4.0)"),
        target=target,
    )
    mask = attn.masks.causal() & attn.masks.window(90, 0)
    for M, N in ((1, 200), (65, 65), (130, 63)):
        q, k, v = random_qkv(M, dtype, B=2, M=M, N=N, D=24)
        o = kernel(q, k, v)
        assert_sdpa_close(o, q, k, v, mask=mask, align="bottom_right", softcap=4.0)


def test_isa(target):
    expected = {"x86-64-v2": "sse", "x86-64-v3": "avx2", "x86-64-v4": "avx512"}[target]
    assert attn.compile(text_of(F32), target=target).stats["isa"].startswith(expected)


def test_targets_are_kernels_of_their_own(target):
    text = text_of(F32, "scale(0.375)")
    before = attn.stats()["kernels_compiled"]
    attn.compile(text, target=target)
    attn.compile(text, target=target)
    assert attn.stats()["kernels_compiled"] == before + 1
