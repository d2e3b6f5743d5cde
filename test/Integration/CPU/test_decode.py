"""Few queries: heads that share keys are folded together, and keys are taken in parts."""

import numpy as np
import pytest

import attn
from attn import masks as m
from numerics import BF16, F16, F32, F64, check_sdpa, random_qkv

# Lengths on both sides of where 4 and 8 heads stop fitting a cell of 16 queries.
ROWS = (1, 2, 3, 4, 5, 16, 17)
HEADS = ((8, 2), (8, 1), (4, 4))


@pytest.mark.parametrize("rows", ROWS)
@pytest.mark.parametrize("heads", HEADS, ids=str)
def test_every_clause_of_few_queries(rows, heads):
    """Each clause that tells heads or rows apart, where lanes are of several heads."""
    H, Hk = heads
    rng = np.random.default_rng(rows)
    sinks = rng.standard_normal(H).astype(F32)
    for N in (1, 7, 133, 300):
        q, k, v = random_qkv(N, B=2, H=H, Hk=Hk, M=rows, N=N, D=32)
        check_sdpa(q, k, v)
        check_sdpa(q, k, v, sinks=sinks)
        check_sdpa(q, k, v, mask=m.causal(), align="bottom_right")
        check_sdpa(q, k, v, mask=m.lens([N // 2, N]) | m.cols(2))
        check_sdpa(q, k, v, mask=m.rows(1) & m.cols(40))
        check_sdpa(q, k, v, mask=m.docs([0, N // 3, N]))
        check_sdpa(q, k, v, bias=rng.standard_normal((1, H, rows, N)).astype(F32))
        check_sdpa(q, k, v, softcap=5.0)


@pytest.mark.parametrize("dtype", (F32, F64, F16, BF16), ids=lambda t: np.dtype(t).name)
@pytest.mark.parametrize("D,E", ((1, 3), (7, 16), (64, 64), (80, 96), (100, 20), (320, 32)))
def test_widths(dtype, D, E):
    """Whole vectors are read where they lie, other widths from a copy, long rows in a loop."""
    for N in (5, 129):
        check_sdpa(*random_qkv(D, dtype, H=6, Hk=2, M=1, N=N, D=D, E=E))


@pytest.mark.parametrize("rows", (1, 3))
def test_parts_of_the_keys(rows):
    """Parts merge: several, a ragged last one, some without keys, one sink for all of them."""
    rng = np.random.default_rng(rows)
    sinks = rng.standard_normal(4).astype(F32)
    for N in (4095, 4096, 4097, 9000):
        q, k, v = random_qkv(N, B=2, H=4, Hk=2, M=rows, N=N, D=16)
        check_sdpa(q, k, v, sinks=sinks)
        check_sdpa(q, k, v, mask=m.causal(), align="bottom_right")
        check_sdpa(q, k, v, mask=m.lens([0, 4100 if N > 4100 else 3]))
        check_sdpa(q, k, v, mask=m.lens([0, 5]), sinks=sinks)
        check_sdpa(q, k, v, mask=m.window(200, 0) | m.cols(4), align="bottom_right")


@pytest.mark.parametrize("per_key", (0.01, 0.3, 2.0, 5.0, 6.0, 40.0, -3.0, 1e30))
@pytest.mark.parametrize("rows", (1, 3))
def test_scores_that_rise(per_key, rows):
    """Maxima follow by leaps, only once a weight would be above 256: slowly or fast, the same."""
    N, D = 300, 64
    q, k, v = random_qkv(3, B=1, H=8, Hk=2, M=rows, N=N, D=D)
    q[...] = np.arange(1, 9, dtype=F32)[:, None, None] / 8  # heads of a panel rise differently
    k[...] = 0
    # The largest are near 0, where f32 tells scores apart well enough for the tolerance.
    k[..., 0] = per_key * (np.arange(N) - (N if per_key > 0 else 0))
    check_sdpa(q, k, v, scale=1.0)
    check_sdpa(q, k, v, scale=1.0, mask=m.window(7, 0), align="bottom_right")
    k[:, 1, 150:, 0] = -np.inf
    check_sdpa(q, k, v, scale=1.0)
    k[..., 0] = -np.inf
    check_sdpa(q, k, v, scale=1.0, sinks=np.zeros(8, F32))


@pytest.mark.parametrize("N", (300, 9000))
def test_nothing_beyond_the_length_is_read(N):
    """NaN beyond the length of each sequence, in keys and values, leaves no trace."""
    q, k, v = random_qkv(N, B=2, H=4, Hk=2, M=2, N=N, D=32)
    lengths = [N // 3, N - 1]
    for b, length in enumerate(lengths):
        k[b, :, length:] = v[b, :, length:] = np.nan
    check_sdpa(q, k, v, mask=m.lens(lengths))


def test_keys_whose_elements_are_not_neighbours():
    """Caches laid out by width or by token: other strides, the same numbers."""
    q, k, v = random_qkv(1, B=1, H=8, Hk=2, M=1, N=200, D=64)
    by_width = tuple(np.ascontiguousarray(x.swapaxes(2, 3)).swapaxes(2, 3) for x in (k, v))
    by_token = tuple(np.ascontiguousarray(x.swapaxes(1, 2)).swapaxes(1, 2) for x in (k, v))
    every_other = tuple(np.repeat(x, 2, axis=3)[..., ::2] for x in (k, v))
    for keys, values in (by_width, by_token, every_other, (by_width[0], v)):
        check_sdpa(q, keys, values)
    check_sdpa(q, k, k)


def test_parts_do_not_depend_on_threads():
    """The same bits on one thread and on three: parts are cut by the length alone."""
    q, k, v = random_qkv(2, B=1, H=4, Hk=1, M=1, N=20000, D=64)
    one, three = (attn.sdpa(q, k, v, threads=n) for n in (1, 3))
    np.testing.assert_array_equal(one, three)
