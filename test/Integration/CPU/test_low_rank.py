"""Linformer and Nyström attention against float64: ragged lengths, lens, both solvers, poison."""

import numpy as np
import pytest

import attn
from attn import masks as m
from attn.reference_low_rank import pinv, segment_means, softmax
from numerics import BF16, DTYPES, F16, F32, F64, assert_close, largest_error, random_qkv


def smooth_qkv(seed, N, H=2, D=16, B=1):
    """q and k that vary slowly along the sequence, and v: what landmarks are made for."""
    rng = np.random.default_rng(seed)
    frequencies = rng.uniform(0.5, 3, (2, B, H, 1, D))
    phases = rng.uniform(0, 2 * np.pi, (2, B, H, 1, D))
    q, k = np.cos(2 * np.pi * frequencies * np.linspace(0, 1, N)[:, None] + phases)
    return q.astype(F32), k.astype(F32), rng.standard_normal((B, H, N, D)).astype(F32)


def projection(seed, *shape, dtype=F32):
    """Random projections whose rows have norm 1."""
    rows = np.random.default_rng(seed).standard_normal(shape)
    return (rows / np.sqrt(shape[-1])).astype(dtype)


def norm_of_inverse(q, k, landmarks, solve="iterative", iters=6):
    """The largest row sum of |Z|, by which rounding is magnified."""
    q, k = (np.asarray(x, F64) for x in (q, k))
    k = np.repeat(k, q.shape[1] // k.shape[1], axis=1)
    queries, keys = (segment_means(x, landmarks, x.shape[-2]) for x in (q, k))
    a = softmax(queries @ keys.swapaxes(-1, -2) * q.shape[-1] ** -0.5)
    inverses = [pinv(x, iters if solve == "iterative" else None) for x in a.reshape(-1, *a.shape[-2:])]
    return max(np.abs(z).sum(-1).max() for z in inverses)


@pytest.mark.parametrize("N", [1, 2, 7, 64, 65, 1000])
def test_linformer_of_any_length(N):
    """One pair of projections serves every shorter input, by its first columns."""
    q, k, v = random_qkv(N, H=4, Hk=2, M=33, N=N, D=16, E=24)
    e, f = projection(1, 32, 1000), projection(2, 32, 1000)
    o = attn.linformer(q, k, v, e, f)
    assert_close(o, attn.reference.linformer(q, k, v, e, f), v, max(N, 32))


@pytest.mark.parametrize("heads", [2, 4])
def test_linformer_with_projections_of_heads(heads):
    q, k, v = random_qkv(0, B=2, H=4, Hk=2, M=17, N=90)
    e, f = projection(1, heads, 8, 90), projection(2, heads, 8, 90)
    assert_close(attn.linformer(q, k, v, e, f), attn.reference.linformer(q, k, v, e, f), v, 90)


@pytest.mark.parametrize("dtype", DTYPES)
def test_linformer_types(dtype):
    """16 bits: no more than twice the error of rounding each step to them."""
    q, k, v = random_qkv(3, dtype, M=20, N=70)
    e = projection(1, 12, 70, dtype=dtype)
    exact = attn.reference.linformer(q, k, v, e)
    o = attn.linformer(q, k, v, e)
    assert o.dtype == dtype
    if dtype in (F16, BF16):
        wide = [np.asarray(x, F32) for x in (q, e[None] @ k.astype(F32), e[None] @ v.astype(F32))]
        keys, values = (x.astype(dtype).astype(F32) for x in wide[1:])
        plain = (softmax(wide[0] @ keys.swapaxes(-1, -2) * 32**-0.5) @ values).astype(dtype)
        assert largest_error(o, exact) <= 2 * largest_error(plain, exact)
    else:
        assert_close(o, exact, v, 70)


def test_linformer_of_the_identity_is_attention():
    q, k, v = random_qkv(4, M=30, N=50)
    o = attn.linformer(q, k, v, np.eye(50, dtype=F32))
    assert_close(o, attn.reference.sdpa(q, k, v), v, 50)


def test_linformer_never_reads_other_columns():
    """NaN in the columns behind the keys."""
    q, k, v = random_qkv(5, M=9, N=40)
    e = projection(1, 8, 100)
    e[:, 40:] = np.nan
    assert_close(attn.linformer(q, k, v, e), attn.reference.linformer(q, k, v, e), v, 40)


def test_linformer_without_batch_queries_or_keys():
    """Without keys all projected rows are 0, and so is the result."""
    q, k, v = random_qkv(6, M=9, N=12)
    e = projection(1, 4, 12)
    np.testing.assert_array_equal(
        attn.linformer(q[0], k[0], v[0], e), attn.linformer(q, k, v, e)[0]
    )
    assert attn.linformer(q[:, :, :0], k, v, e).shape == (1, 2, 0, 32)
    assert not attn.linformer(q, k[:, :, :0], v[:, :, :0], e).any()


CASES = [{}, {"iters": 1}, {"iters": 12}, {"solve": "lu"}]


@pytest.mark.parametrize("how", CASES, ids=str)
@pytest.mark.parametrize("M, N", [(64, 64), (65, 131), (16, 16), (17, 31), (1000, 333)])
def test_nystrom(M, N, how):
    """N % m is not 0, N is below 2 m, and m = N."""
    q, k, v = random_qkv(M + N, B=2, H=4, Hk=2, M=M, N=N, D=16, E=24)
    exact, exact_residual = attn.reference.nystrom(q, k, v, 16, return_residual=True, **how)
    o, residual = attn.nystrom(q, k, v, 16, return_residual=True, **how)
    norm = norm_of_inverse(q, k, 16, **how)
    assert largest_error(o, exact) <= 4e-6 * (1 + norm) * np.abs(v).max()
    assert residual.shape == (2, 4) and residual.dtype == F32
    assert largest_error(residual, exact_residual) <= 4e-6 * (1 + norm)


@pytest.mark.parametrize("dtype", DTYPES)
def test_nystrom_types(dtype):
    """All in f32 and rounded once: half a unit of the last place, and what f32 errs."""
    q, k, v = (x.astype(dtype) for x in smooth_qkv(1, 100))
    exact = attn.reference.nystrom(q, k, v, 4)
    o = attn.nystrom(q, k, v, 4)
    assert o.dtype == dtype
    unit = {F16: 2.0**-11, BF16: 2.0**-8}.get(dtype, 0.0)
    wide = 1e-12 if dtype == F64 else 4e-6
    norm = norm_of_inverse(q, k, 4)
    bound = unit * np.abs(exact).max() + wide * (1 + norm) * np.abs(np.asarray(v, F64)).max()
    assert largest_error(o, exact) <= bound


def test_nystrom_of_all_rows_is_attention():
    """With m = N, A is the softmax itself, and its inverse leaves it as it is."""
    q, k, v = (x.astype(F64) for x in random_qkv(7, M=24, N=24, D=8))
    exact = attn.reference.sdpa(q, k, v)
    assert largest_error(attn.nystrom(q, k, v, 24, solve="lu"), exact) < 1e-9
    errors = [largest_error(attn.nystrom(q, k, v, 24, iters=n), exact) for n in (6, 12, 30)]
    assert errors[0] > errors[1] > errors[2] and errors[2] < 1e-9


def test_more_landmarks_err_less():
    q, k, v = smooth_qkv(2, 128)
    exact = attn.reference.sdpa(q, k, v)
    errors = [largest_error(attn.nystrom(q, k, v, count), exact) for count in (2, 8, 32)]
    assert errors[0] > errors[1] > errors[2]


def test_nystrom_lens_are_shorter_keys():
    """NaN behind the last key of each batch element; fewer keys than landmarks; none."""
    q, k, v = random_qkv(8, B=4, H=2, M=40, N=40, D=16)
    lens = [40, 17, 5, 0]
    for b, n in enumerate(lens):
        k[b, :, n:] = v[b, :, n:] = np.nan
    o = attn.nystrom(q, k, v, 8, lens=lens)
    exact = attn.reference.nystrom(q, k, v, 8, lens=lens)
    values = np.nan_to_num(v)
    assert largest_error(o, exact) <= 2e-4 * np.abs(values).max() and np.isfinite(o).all()
    for b, n in ((0, 40), (1, 17)):
        alone = attn.nystrom(q[b : b + 1], k[b : b + 1, :, :n], v[b : b + 1, :, :n], 8)
        assert largest_error(o[b : b + 1], np.asarray(alone, F64)) <= 2e-4 * np.abs(values).max()
    assert not o[3].any()
    np.testing.assert_array_equal(attn.nystrom(q, k, v, 8, lens=m.lens(lens)), o)


@pytest.mark.parametrize("taps", [1, 3, 33])
def test_nystrom_skip(taps):
    """The convolution alone is what is added; it reads nothing behind lens."""
    q, k, v = random_qkv(9, B=2, H=4, Hk=2, M=20, N=20, D=16)
    w = np.random.default_rng(1).standard_normal((4, taps)).astype(F32)
    v[1, :, 12:] = k[1, :, 12:] = np.nan
    lens = [20, 12]
    plain = attn.nystrom(q, k, v, 4, lens=lens)
    added = np.asarray(attn.nystrom(q, k, v, 4, lens=lens, skip=w), F64) - plain
    exact = np.zeros(added.shape)
    for b, h, i in np.ndindex(exact.shape[:3]):
        for t in range(taps):
            j = i + t - taps // 2
            if 0 <= j < lens[b]:
                exact[b, h, i] += float(w[h, t]) * v[b, h // 2, j].astype(F64)
    assert largest_error(added, exact) <= 1e-4
    whole = attn.reference.nystrom(q, k, v, 4, lens=lens, skip=w)
    assert largest_error(plain + added, whole) <= 1e-3


def test_equal_tokens_are_no_failure():
    """A is singular, of rank 1: both solvers give the mean of the values."""
    rng = np.random.default_rng(0)
    q, k = (np.ones((1, 2, 30, 8), F32) for _ in range(2))
    v = rng.standard_normal((1, 2, 30, 8)).astype(F32)
    for how in ({"solve": "lu"}, {"iters": 6}):
        o, residual = attn.nystrom(q, k, v, 5, return_residual=True, **how)
        np.testing.assert_allclose(o, np.broadcast_to(v.mean(2, keepdims=True), o.shape), atol=1e-5)
        assert residual.max() < 1e-6


def test_one_kernel_serves_every_length():
    q, k, v = random_qkv(0, M=40, N=40)
    e = projection(1, 8, 300)
    attn.nystrom(q, k, v, 4), attn.linformer(q, k, v, e)
    before = attn.stats()["kernels_compiled"]
    for N in (20, 41, 300):
        q, k, v = random_qkv(0, B=2, M=N + 3, N=N)
        attn.nystrom(q, k, v, 4), attn.linformer(q, k, v, e)
    assert attn.stats()["kernels_compiled"] == before


def test_widths_that_only_a_run_knows():
    """Nothing is static but the number of landmarks, in a type that is extended."""
    kind = "tensor<?x?x?x?xbf16>"
    kernel = attn.compile(
        f"func.func @f(%q: {kind}, %k: {kind}, %v: {kind}) -> {kind} {{\n"
        f"  %o = attn.nystrom %q, %k, %v landmarks(4) scale(0.25) : {kind}, {kind}, {kind} -> {kind}\n"
        f"  return %o : {kind}\n}}"
    )
    q, k, v = random_qkv(0, BF16, B=2, H=4, Hk=2, M=40, N=33, D=16, E=12)
    exact = attn.reference.nystrom(q, k, v, 4, scale=0.25)
    assert largest_error(kernel(q, k, v), exact) <= 2.0**-8 * np.abs(exact).max() + 1e-5


def test_the_core_of_a_layer():
    """Any mechanism stands in a layer; its rules are those of the layer's rows."""
    kind, heads = "tensor<?x?x32xf32>", "tensor<?x4x?x8xf32>"
    kernel = attn.compile(
        f"""func.func @layer(%x: {kind}, %w: tensor<32x32xf32>, %e: tensor<8x100xf32>) -> {kind} {{
          %y = attn.layer %x, %w, %w, %w heads(4) kv_heads(4) {{
          ^bb0(%q: {heads}, %k: {heads}, %v: {heads}):
            %o = attn.linformer %q, %k, %v, %e, %e : {heads}, {heads}, {heads}, tensor<8x100xf32>, tensor<8x100xf32> -> {heads}
            attn.yield %o : {heads}
          }} : ({kind}, tensor<32x32xf32>, tensor<32x32xf32>, tensor<32x32xf32>) -> {kind}
          return %y : {kind}
        }}"""
    )
    rng = np.random.default_rng(0)
    x, w, e = rng.standard_normal((2, 50, 32)), rng.standard_normal((32, 32)) / 6, projection(1, 8, 100)
    split = (x @ w).reshape(2, 50, 4, 8).swapaxes(1, 2)
    exact = attn.reference.linformer(split, split, split, e.astype(F64)).swapaxes(1, 2)
    o = kernel(x.astype(F32), w.astype(F32), e)
    assert largest_error(o, exact.reshape(2, 50, 32)) <= 2e-5
    with pytest.raises(attn.ShapeError, match="101 rows, key_projection has 100 columns"):
        kernel(np.zeros((2, 101, 32), F32), w.astype(F32), e)
