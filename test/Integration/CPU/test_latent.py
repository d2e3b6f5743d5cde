"""Multi-head latent attention against float64: both forms, masks, decoding, caches in one buffer."""

import numpy as np
import pytest

import attn
from attn import masks as m
from numerics import BF16, F16, F32, F64, largest_error

FORMS = ("absorbed", "expanded", None)


def problem(seed, dtype=F32, *, B=2, H=4, M=9, N=41, n=16, r=8, dc=32, E=24):
    """q_nope, q_rope, a cache [c | k_rope], w_uk, w_uv."""
    rng = np.random.default_rng(seed)
    shapes = ((B, H, M, n), (B, H, M, r), (B, N, dc + r), (H, dc, n), (H, dc, E))
    arrays = [rng.standard_normal(shape) for shape in shapes]
    arrays[3] /= np.sqrt(dc)
    arrays[4] /= np.sqrt(dc)
    return [array.astype(dtype) for array in arrays]


def bound(arrays, N):
    """The tolerance of the op in f32, in either form."""
    c, w_uv = np.nan_to_num(arrays[2].astype(F64)), arrays[4].astype(F64)
    return 4e-6 * np.abs(c).max() * np.abs(w_uv).sum(1).max() * max(N / 1024, 1) ** 0.5


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("M, N", [(1, 1), (1, 300), (9, 41), (70, 70), (130, 33)])
def test_forms_agree_with_float64(form, M, N):
    arrays = problem(M + N, M=M, N=N)
    q_nope, q_rope, cache, w_uk, w_uv = arrays
    exact = attn.reference.latent(q_nope, q_rope, cache, None, w_uk, w_uv)
    o = attn.latent(q_nope, q_rope, cache, None, w_uk, w_uv, form=form)
    assert largest_error(o, exact) <= bound(arrays, N)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    "mask", [m.causal(), m.causal() & m.window(7, 0), m.lens([41, 20]) & m.causal()], ids=str
)
def test_masks(form, mask):
    """NaN where no query sees: behind the lengths of batch element 1."""
    arrays = problem(1)
    q_nope, q_rope, cache, w_uk, w_uv = arrays
    if "lens" in str(mask):
        cache[1, 20:] = np.nan
    how = {"mask": mask, "align": "bottom_right"}
    exact = attn.reference.latent(q_nope, q_rope, cache, None, w_uk, w_uv, **how)
    o = attn.latent(q_nope, q_rope, cache, None, w_uk, w_uv, form=form, **how)
    assert np.isfinite(o).all() and largest_error(o, exact) <= bound(arrays, 41)


@pytest.mark.parametrize("form", FORMS)
def test_masks_with_tables_and_code(form):
    """Limits of random masks are made where the attention is, which may be in a branch."""
    arrays = problem(9, M=41)
    q_nope, q_rope, cache, w_uk, w_uv = arrays
    for mask in (
        m.random(5, 7),
        m.causal() & m.pred(lambda b, h, i, j: (i + j) % 3 != 1),
        m.per_head([m.causal(), m.full(), m.window(3, 3), m.cols(4)]),
    ):
        exact = attn.reference.latent(q_nope, q_rope, cache, None, w_uk, w_uv, mask=mask)
        o = attn.latent(q_nope, q_rope, cache, None, w_uk, w_uv, mask=mask, form=form)
        assert largest_error(o, exact) <= bound(arrays, 41)


@pytest.mark.parametrize("form", FORMS)
def test_one_buffer_or_two(form):
    """Slices of one cache, copies of them, and the cache itself are the same attention."""
    arrays = problem(2)
    q_nope, q_rope, cache, w_uk, w_uv = arrays
    c, k_rope = cache[..., :32], cache[..., 32:]
    whole = attn.latent(q_nope, q_rope, cache, None, w_uk, w_uv, form=form)
    beside = attn.latent(q_nope, q_rope, c, k_rope, w_uk, w_uv, form=form)
    apart = attn.latent(q_nope, q_rope, c.copy(), k_rope.copy(), w_uk, w_uv, form=form)
    np.testing.assert_array_equal(beside, whole)
    assert largest_error(apart, np.asarray(whole, F64)) <= bound(arrays, 41)


def test_slices_the_other_way_round_are_no_cache():
    """k_rope in front of c: not one buffer of c and k_rope."""
    arrays = problem(3)
    q_nope, q_rope, cache, w_uk, w_uv = arrays
    turned = np.concatenate([cache[..., 32:], cache[..., :32]], -1)
    c, k_rope = turned[..., 8:], turned[..., :8]
    exact = attn.reference.latent(q_nope, q_rope, cache, None, w_uk, w_uv)
    assert largest_error(attn.latent(q_nope, q_rope, c, k_rope, w_uk, w_uv), exact) <= bound(arrays, 41)


def test_decoding_is_the_last_row_of_all():
    arrays = problem(4, M=41)
    q_nope, q_rope, cache, w_uk, w_uv = arrays
    how = {"mask": m.causal(), "align": "bottom_right"}
    whole = attn.latent(q_nope, q_rope, cache, None, w_uk, w_uv, **how)
    last = attn.latent(q_nope[:, :, -1:], q_rope[:, :, -1:], cache, None, w_uk, w_uv, **how)
    assert largest_error(last, np.asarray(whole[:, :, -1:], F64)) <= 2 * bound(arrays, 41)


@pytest.mark.parametrize("dtype", [F16, BF16, F64])
@pytest.mark.parametrize("form", ["absorbed", "expanded"])
def test_types(dtype, form):
    """16 bits: no more than twice the error of rounding each step to them."""
    arrays = problem(5, dtype)
    q_nope, q_rope, cache, w_uk, w_uv = arrays
    exact = attn.reference.latent(q_nope, q_rope, cache, None, w_uk, w_uv)
    o = attn.latent(q_nope, q_rope, cache, None, w_uk, w_uv, form=form)
    assert o.dtype == dtype
    if dtype == F64:
        assert largest_error(o, exact) <= 1e-11
        return
    wide = [x.astype(F32) for x in arrays]
    c, k = wide[2][:, None, :, :32], wide[2][:, None, :, 32:]

    def rounded(x):
        return x.astype(dtype).astype(F32)

    if form == "absorbed":
        left, keys, values = rounded(wide[0] @ wide[3].swapaxes(1, 2)), c, c
    else:
        left, keys, values = wide[0], rounded(c @ wide[3]), rounded(c @ wide[4])
    scores = (left @ keys.swapaxes(-1, -2) + wide[1] @ k.swapaxes(-1, -2)) * 24**-0.5
    p = np.exp(scores - scores.max(-1, keepdims=True))
    plain = p @ values / p.sum(-1, keepdims=True)
    plain = rounded(rounded(plain) @ wide[4] if form == "absorbed" else plain)
    assert largest_error(o, exact) <= 2 * largest_error(plain, exact)


def test_rows_that_keep_no_key_are_zero():
    q_nope, q_rope, cache, w_uk, w_uv = problem(6)
    for form in FORMS:
        o = attn.latent(q_nope, q_rope, cache, None, w_uk, w_uv, mask=m.lens([0, 41]), form=form)
        assert not o[0].any() and o[1].all()
        assert not attn.latent(q_nope, q_rope, cache[:, :0], None, w_uk, w_uv, form=form).any()


def test_one_kernel_serves_every_length_and_chooses_by_it():
    """A step of decoding and a prompt are one kernel, with a form each."""
    q_nope, q_rope, cache, w_uk, w_uv = problem(7, M=1, N=50)
    attn.latent(q_nope, q_rope, cache, None, w_uk, w_uv)
    before = attn.stats()["kernels_compiled"]
    for M, N in ((200, 200), (3, 60)):
        arrays = problem(7, M=M, N=N)
        q_nope, q_rope, cache, w_uk, w_uv = arrays
        exact = attn.reference.latent(q_nope, q_rope, cache, None, w_uk, w_uv)
        o = attn.latent(q_nope, q_rope, cache, None, w_uk, w_uv)
        assert largest_error(o, exact) <= bound(arrays, N)
    assert attn.stats()["kernels_compiled"] == before


def test_widths_of_deepseek():
    """16 heads of 128 and 64 over rows of 512."""
    arrays = problem(8, B=1, H=16, M=2, N=257, n=128, r=64, dc=512, E=128)
    q_nope, q_rope, cache, w_uk, w_uv = arrays
    exact = attn.reference.latent(q_nope, q_rope, cache, None, w_uk, w_uv)
    for form in FORMS:
        o = attn.latent(q_nope, q_rope, cache, None, w_uk, w_uv, form=form)
        assert largest_error(o, exact) <= bound(arrays, 257)
