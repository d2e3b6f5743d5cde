"""One kernel serves all lengths, compiles quickly, and serves many threads at once."""

import concurrent.futures
import json
import random
import time

import numpy as np
import pytest

import attn
from attn import masks as m
from numerics import F32, assert_sdpa_close, check_sdpa, random_qkv

def kernels_compiled():
    return attn.stats()["kernels_compiled"]


@pytest.mark.parametrize(
    "clauses",
    [
        {},
        {"mask": m.causal() & m.window(77, 0), "align": "bottom_right"},
        {"mask": m.near(21) | m.rows(3), "align": "top_left", "softcap": 9.0},
    ],
    ids=["plain", "causal window", "near"],
)
def test_a_hundred_lengths_are_one_kernel(clauses):
    choose = random.Random(0)
    sizes = {(choose.randint(0, 90), choose.randint(0, 90)) for _ in range(130)}
    sizes = sorted(sizes)[:100]
    assert len(sizes) == 100
    before = kernels_compiled()
    for M, N in sizes:
        # A width that no other test has: the kernel cannot be there already.
        check_sdpa(*random_qkv(M, B=1 + M % 3, H=3, M=M, N=N, D=20), **clauses)
    assert kernels_compiled() == before + 1


def test_lens_values_are_no_part_of_the_kernel():
    before = kernels_compiled()
    for length in range(20):
        q, k, v = random_qkv(length, H=3, M=4, N=20, D=21)
        check_sdpa(q, k, v, mask=m.lens([length]))
        check_sdpa(q, k, v, mask=m.lens(np.array([length], np.int64)))
    assert kernels_compiled() == before + 1


def test_many_threads_one_kernel():
    """Threads that ask for the same kernel at once share one compilation and do not mix results."""
    problems = [random_qkv(n, H=3, M=60 + n, N=80 - n, D=22) for n in range(16)]
    before = kernels_compiled()
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        results = list(
            pool.map(lambda qkv: attn.sdpa(*qkv, return_lse=True, threads=2), problems * 4)
        )
    assert kernels_compiled() == before + 1
    for qkv, (o, lse) in zip(problems * 4, results):
        assert_sdpa_close(o, *qkv, lse)


def test_many_threads_many_kernels():
    def work(n):
        qkv = random_qkv(n, H=1, M=30, N=40, D=23 + n % 5)
        mask = m.window(n, 1)
        return qkv, mask, attn.sdpa(*qkv, mask=mask, align="top_left")

    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        for qkv, mask, o in pool.map(work, range(12)):
            assert_sdpa_close(o, *qkv, mask=mask, align="top_left")


def test_nothing_stays_allocated():
    q, k, v = random_qkv(1, H=4, M=300, N=300)
    check_sdpa(q, k, v, mask=m.causal())
    assert attn.stats()["live_workspace_bytes"] == 0


def kernel_of(width, mask="", align=""):
    t = f"tensor<?x2x?x{width}xf32>"
    return attn.compile(
        f"func.func @f(%q: {t}, %k: {t}, %v: {t}) -> {t} {{\n"
        f"  %o = attn.sdpa %q, %k, %v {mask} {align} : ({t}, {t}, {t}) -> {t}\n"
        f"  return %o : {t}\n}}\n"
    )


def test_workspace_does_not_grow_with_the_keys():
    kernel = kernel_of(16, "mask(all(causal, window<255, 0>))", "align(bottom_right)")
    sizes = []
    for N in (1000, 10000, 100000):
        q = np.ones((1, 2, 64, 16), F32)
        k = np.broadcast_to(np.ones(16, F32), (1, 2, N, 16))
        kernel(q, k, k, threads=1)
        sizes.append(kernel.stats["workspace_bytes"])
    assert sizes[0] == sizes[1] == sizes[2]


def test_tiles_outside_the_mask_are_not_visited():
    kernel = kernel_of(16, "mask(all(causal, window<255, 0>))", "align(bottom_right)")
    q, k, v = random_qkv(0, M=4096, N=4096, D=16)
    kernel(q, k, v)
    stats = kernel.stats
    # Each query sees 256 keys of 4096; block edges add at most a few blocks.
    assert 0 < stats["tiles_visited"] < 0.35 * stats["tiles_total"]
    full = kernel_of(16)
    full(q, k, v)
    assert full.stats["tiles_visited"] == full.stats["tiles_total"] > 0
    assert full.stats["tiles_partial"] == 0


@pytest.mark.parametrize(
    "text", ["", "mask(all(causal, window<255, 0>)) align(top_left)", "softcap(30.0)"]
)
def test_compilation_tells_its_time(text):
    """The parts are there and add up, within the time that passed; attn-bench measures it."""
    start = time.perf_counter()
    stats = kernel_of(40, text).stats
    parts = [stats[part] for part in ("passes_ms", "optimise_ms", "emit_ms", "load_ms")]
    assert min(parts[:3]) > 0
    assert sum(parts) == pytest.approx(stats["compile_ms"])
    assert stats["compile_ms"] <= 1e3 * (time.perf_counter() - start)


def test_stats_are_json():
    assert json.loads(json.dumps(attn.stats())) == attn.stats()
