"""Random keys: the same ones by hand, in NumPy and in kernels."""

import numpy as np
import pytest

import attn
from attn import masks as m
from attn.masks.draws import hash_of, mix
from numerics import BF16, check_sdpa, random_qkv

BITS = 2**64 - 1


def mix_by_hand(value):
    """splitmix64 in whole numbers."""
    value = (value + 0x9E3779B97F4A7C15) & BITS
    value = ((value ^ (value >> 30)) * 0xBF58476D1CE4E5B9) & BITS
    value = ((value ^ (value >> 27)) * 0x94D049BB133111EB) & BITS
    return value ^ (value >> 31)


def drawn(r, seed, h, i, candidates):
    """The r candidates with the smallest hashes."""
    start = mix_by_hand(mix_by_hand(mix_by_hand(seed) ^ h) ^ i)
    return set(sorted(candidates, key=lambda j: mix_by_hand(start ^ j))[:r])


def test_hash():
    """The vectors that every implementation agrees on."""
    assert int(mix(np.uint64(0))) == 0xE220A8397B1DCDAF
    assert int(hash_of(1, 2, 3, 4)) == 0xD55CCD4AEB3CCAFB
    assert mix_by_hand(0) == 0xE220A8397B1DCDAF


def test_random():
    actual = m.random(3, seed=9).materialize(20, 50, h=2)
    for i in range(20):
        assert set(np.flatnonzero(actual[i])) == drawn(3, 9, 2, i, range(50))


def test_within():
    """Of the keys that a mask keeps; rows with fewer keep them all."""
    actual = m.random(3, BITS, within=m.causal()).materialize(20, 20)
    for i in range(20):
        assert set(np.flatnonzero(actual[i])) == drawn(3, BITS, 0, i, range(i + 1))


def test_plus_random():
    """Besides the keys of a mask, none of which counts."""
    mask = m.plus_random(2, 5, m.window(1, 1), within=m.cols(12))
    actual = mask.materialize(20, 20)
    for i in range(20):
        near = {j for j in range(20) if abs(i - j) <= 1}
        assert set(np.flatnonzero(actual[i])) == near | drawn(2, 5, 0, i, set(range(12)) - near)


def test_blocks():
    """Inside of `block`, blocks of queries draw blocks of keys."""
    actual = m.block(4, m.random(2, 5)).materialize(10, 22)
    for i in range(10):
        kept = drawn(2, 5, 0, i // 4, range(6))
        np.testing.assert_array_equal(actual[i], [j // 4 in kept for j in range(22)])


def test_subsets_are_uniform():
    """Each pair of 5 keys as often as any other, in 20000 rows; chi squared on 9 degrees."""
    kept = m.random(2, seed=3).materialize(20000, 5)
    _, counts = np.unique(kept @ (1 << np.arange(5)), return_counts=True)
    assert len(counts) == 10
    assert ((counts - 2000.0) ** 2 / 2000).sum() < 27.9  # one in a thousand


MASKS = {
    "random": m.random(5, 1),
    "one": m.random(1, 2),
    "many": m.random(60, 3),
    "within causal": m.random(7, 4, within=m.causal()),
    "within nothing": m.random(7, 4, within=m.cols(0)),
    "with causal": m.random(20, 5) & m.causal(),
    "not": ~m.random(40, 6),
    "besides": m.plus_random(3, 7, m.window(4, 4)),
    "besides, of the past": m.plus_random(3, 8, m.window(4, 0), within=m.causal()),
    "of blocks": m.block(8, m.random(2, 9)),
    "of blocks of 64": m.block(64, m.random(1, 9)),
    "besides blocks": m.block(16, m.plus_random(1, 10, m.causal() & m.window(1, 0))),
    "two": m.random(9, 11) | m.random(9, 12),
    "drawn of drawn": m.random(4, 13, within=m.random(30, 14)),
    "of heads": m.per_head([m.random(5, 1), m.full(), m.causal(), m.plus_random(2, 1, m.cols(3))]),
}


@pytest.mark.parametrize("align", ("top_left", "bottom_right"))
@pytest.mark.parametrize("M, N", [(70, 70), (130, 261), (1, 300), (3, 65)])
@pytest.mark.parametrize("name", MASKS)
def test_kernels(name, M, N, align):
    """Kernels draw the same keys, with groups of heads and ragged ends."""
    check_sdpa(*random_qkv(1, B=2, H=4, Hk=2, M=M, N=N), mask=MASKS[name], align=align)


def test_lengths():
    """Batch elements draw from keys of their own."""
    mask = m.random(6, 1, within=m.lens([50, 7, 0]))
    check_sdpa(*random_qkv(2, B=3, M=50, N=50), mask=mask)


def test_long_rows():
    """Many keys go through the heap, and most blocks are not listed."""
    mask = m.random(40, 1, within=m.causal()) | m.window(8, 0)
    check_sdpa(*random_qkv(3, H=2, M=1100, N=1100), mask=mask)
    check_sdpa(*random_qkv(3, BF16, H=2, M=300, N=300), mask=m.random(40, 1))


def test_weights():
    q, k, _ = random_qkv(4, M=30, N=45)
    p = attn.weights(q, k, mask=m.random(4, 3))
    for h in range(2):
        np.testing.assert_array_equal(p[0, h] != 0, m.random(4, 3).materialize(30, 45, h=h))


def test_poison():
    """Keys that no query draws are not read into a result."""
    mask = m.random(2, 1, within=m.cols(40))
    q, k, v = random_qkv(5, M=64, N=200)
    o = attn.sdpa(q, k, v, mask=mask)
    k[:, :, 40:] = v[:, :, 40:] = np.nan
    np.testing.assert_array_equal(attn.sdpa(q, k, v, mask=mask), o)


@pytest.mark.parametrize(
    "make",
    [
        lambda: m.random(0, 1),
        lambda: m.random(2.5, 1),
        lambda: m.random(2, -1),
        lambda: m.random(2, BITS + 1),
        lambda: m.random(2, 1, within=3),
        lambda: m.plus_random(2, 1, None),
        lambda: m.grid([4, 4], [m.random(1, 1), m.full()]),
        lambda: m.grid([4, 4], [m.full(), m.block(2, m.plus_random(1, 1, m.full()))]),
        lambda: m.random(9, 1).materialize(4, 8),
        lambda: m.block(4, m.random(3, 1)).materialize(8, 8),
        lambda: attn.sdpa(*random_qkv(0, M=8, N=8), mask=m.random(9, 1)),
    ],
)
def test_bad_draws(make):
    with pytest.raises(attn.Error):
        make()


def test_too_many_at_run_time():
    """Lengths that are known late are checked late."""
    of = "tensor<2x?x8xf32>"
    kernel = attn.compile(
        f"func.func @f(%q: {of}) -> {of} {{\n"
        f"  %o = attn.sdpa %q, %q, %q mask(random<9, 1>) : ({of}, {of}, {of}) -> {of}\n"
        f"  return %o : {of}\n}}\n"
    )
    kernel(np.zeros((2, 9, 8), np.float32))
    with pytest.raises(attn.ShapeError, match="draws 9 of 8 keys"):
        kernel(np.zeros((2, 8, 8), np.float32))
