"""Caches: pages read where they lie, rows appended in place, attention over both."""

import numpy as np
import pytest

import attn
from attn import masks as m
from numerics import BF16, F16, F32, assert_close, assert_sdpa_close

B, H, HK, D = 3, 4, 2, 32


def paged(rng, lengths, page, *, dtype=F32, width=D, heads=HK, shared=0):
    """Pages in a random order, NaN behind each length and in pages of nobody, and the table.

    Entries behind a length are -1; the first `shared` pages are those of batch element 0 for all.
    """
    used = [-(-length // page) for length in lengths]
    count = sum(used) + 3
    numbers = list(rng.permutation(count))
    table = np.full((len(lengths), max(used) + 2), -1, np.int32)
    pages = np.full((count, page, heads, width), np.nan, dtype)
    for b, length in enumerate(lengths):
        for t in range(used[b]):
            if b and t < min(shared, used[0]):
                table[b, t] = table[0, t]
                continue
            table[b, t] = numbers.pop()
            rows = min(page, length - t * page)
            pages[table[b, t], :rows] = rng.standard_normal((rows, heads, width)).astype(dtype)
    return pages, table


@pytest.mark.parametrize("rows", (1, 37))
@pytest.mark.parametrize("page", (1, 16, 64, 256))
def test_pages_against_float64(page, rows):
    """Ragged lengths, shuffled pages, garbage behind them, few queries and many."""
    rng = np.random.default_rng(page + rows)
    lengths = [133, 1, 300]
    keys, table = paged(rng, lengths, page)
    values = keys[..., :8] * F32(2)
    q = rng.standard_normal((B, H, rows, D)).astype(F32)
    k, v = attn.paged_view(keys, table), attn.paged_view(values, table)
    o, lse = attn.sdpa(q, k, v, mask=m.lens(lengths), return_lse=True)
    assert_sdpa_close(o, q, attn.reference.gathered(k), attn.reference.gathered(v), lse,
                      mask=m.lens(lengths))
    assert np.isfinite(o).all()


@pytest.mark.parametrize("dtype", (F16, BF16), ids=str)
def test_narrow_types(dtype):
    """Pages of 16-bit numbers, in both forms."""
    rng = np.random.default_rng(1)
    keys, table = paged(rng, [70, 5], 16, dtype=dtype)
    k = attn.paged_view(keys, table)
    gathered = attn.reference.gathered(k)
    for rows in (1, 37):
        q = rng.standard_normal((2, H, rows, D)).astype(dtype)
        o = attn.sdpa(q, k, k, mask=m.lens([70, 5]))
        assert_sdpa_close(o, q, gathered, gathered, mask=m.lens([70, 5]))


def test_shared_pages():
    """Batch elements that share a prefix share its pages."""
    rng = np.random.default_rng(2)
    lengths = [64, 80, 49]
    keys, table = paged(rng, lengths, 16, shared=3)
    assert (table[:, :3] == table[0, :3]).all()
    q = rng.standard_normal((B, H, 2, D)).astype(F32)
    k = attn.paged_view(keys, table)
    gathered = attn.reference.gathered(k)
    o = attn.sdpa(q, k, k, mask=m.lens(lengths))
    assert_sdpa_close(o, q, gathered, gathered, mask=m.lens(lengths))


def test_quantised_pages():
    """Numbers of 8 bits in pages, and their scales in pages of their own."""
    rng = np.random.default_rng(3)
    lengths = [40, 17]
    keys, table = paged(rng, lengths, 16)
    numbers, scales = attn.quantize(np.nan_to_num(keys))
    k, s = attn.paged_view(numbers, table), attn.paged_view(scales, table)
    q = rng.standard_normal((2, H, 3, D)).astype(F32)
    clauses = {"mask": m.lens(lengths), "key_scale": s, "value_scale": s}
    o = attn.sdpa(q, k, k, **clauses)
    exact = attn.reference.sdpa(q, k, k, **clauses)
    assert_close(o, exact, np.nan_to_num(keys), 64)


def test_weights_copy_pages():
    """attn.weights takes a view as well; entries behind the length are not followed."""
    rng = np.random.default_rng(4)
    keys, table = paged(rng, [20, 33], 16)
    k = attn.paged_view(keys, table)
    q = rng.standard_normal((2, H, 3, D)).astype(F32)
    p = attn.weights(q, k, mask=m.lens([20, 33]))
    exact = attn.reference.weights(q, k, mask=m.lens([20, 33]))
    np.testing.assert_allclose(p, exact, atol=4e-6)


STEP = """
func.func @step(%q: tensor<?x4x?x32xf32>, %kp: tensor<?x{page}x2x32xf32> {{attn.inplace}},
                %vp: tensor<?x{page}x2x32xf32> {{attn.inplace}}, %kn: tensor<?x2x?x32xf32>,
                %vn: tensor<?x2x?x32xf32>, %t: tensor<?x?xi32>, %pos: tensor<?xi32>)
    -> (tensor<?x4x?x32xf32>, tensor<?x{page}x2x32xf32>, tensor<?x{page}x2x32xf32>) {{
  %k1 = attn.kv_append %kp, %kn, %pos table(%t : tensor<?x?xi32>)
    : tensor<?x{page}x2x32xf32>, tensor<?x2x?x32xf32>, tensor<?xi32>
  %v1 = attn.kv_append %vp, %vn, %pos table(%t : tensor<?x?xi32>)
    : tensor<?x{page}x2x32xf32>, tensor<?x2x?x32xf32>, tensor<?xi32>
  %k = attn.paged_view %k1, %t : tensor<?x{page}x2x32xf32>, tensor<?x?xi32> -> tensor<?x2x?x32xf32>
  %v = attn.paged_view %v1, %t : tensor<?x{page}x2x32xf32>, tensor<?x?xi32> -> tensor<?x2x?x32xf32>
  %o = attn.sdpa %q, %k, %v mask({mask}) offset(%pos : tensor<?xi32>)
    : (tensor<?x4x?x32xf32>, tensor<?x2x?x32xf32>, tensor<?x2x?x32xf32>) -> tensor<?x4x?x32xf32>
  return %o, %k1, %v1 : tensor<?x4x?x32xf32>, tensor<?x{page}x2x32xf32>, tensor<?x{page}x2x32xf32>
}}
"""


@pytest.mark.parametrize("page", (16, 64))
@pytest.mark.parametrize("rows", (1, 37))
@pytest.mark.parametrize("window", (None, 20))
def test_append_and_attend(page, rows, window):
    """One kernel appends to pages in place and attends; a window never meets dead pages."""
    rng = np.random.default_rng(page + rows)
    pos = np.array([100, 3, 63], np.int32)
    lengths = pos + rows
    kp, table = paged(rng, lengths, page)
    vp = kp[..., ::-1].copy()
    text = STEP.format(page=page, mask="causal" if window is None else f"window<{window}, 0>")
    if window is not None:
        # What lies before every window is nobody's.
        for b in range(B):
            dead = max(pos[b] - window, 0) // page
            kp[table[b, :dead]] = vp[table[b, :dead]] = np.nan
            table[b, :dead] = 1 << 30
    q = rng.standard_normal((B, H, rows, D)).astype(F32)
    kn, vn = (rng.standard_normal((B, HK, rows, D)).astype(F32) for _ in range(2))
    want = [attn.reference.kv_append(c, n, pos, table) for c, n in ((kp, kn), (vp, vn))]
    kernel = attn.compile(text)
    o, k1, v1 = kernel(q, kp, vp, kn, vn, table, pos)
    assert k1 is kp and v1 is vp
    np.testing.assert_array_equal(kp, want[0])
    np.testing.assert_array_equal(vp, want[1])
    mask = m.causal() if window is None else m.window(window, 0)
    for b in range(B):
        keys, values = (attn.reference.paged_view(c, table[b : b + 1]) for c in (kp, vp))
        n = lengths[b]
        exact = attn.reference.sdpa(
            q[b], keys[0, :, :n].astype(F32), values[0, :, :n].astype(F32),
            mask=mask, align="bottom_right",
        )
        assert_close(o[b], exact, values[0, :, :n], n)


@pytest.mark.parametrize("ring", (False, True))
@pytest.mark.parametrize("batched", (True, False))
def test_append(ring, batched):
    """Rows go to their places; the rest of the cache, NaN included, stays as it was."""
    rng = np.random.default_rng(5)
    shape = (B, HK, 9, D)[1 - batched :]
    cache = np.full(shape, np.nan, F32)
    new = rng.standard_normal((*shape[:-2], 4, D)).astype(F32)
    pos = ([5, 0, 2] if batched else [3]) if not ring else ([8, 100, 5] if batched else [7])
    want = attn.reference.kv_append(cache, new, pos, ring=ring)
    assert attn.kv_append(cache, new, pos, ring=ring) is cache
    np.testing.assert_array_equal(cache, want)


def test_append_scales_and_strides():
    """Scales have no width; any strides of cache and rows will do."""
    rng = np.random.default_rng(6)
    scales = np.zeros((12, HK, B), F32).transpose(2, 1, 0)
    new = rng.standard_normal((B, HK, 2)).astype(F32)[:, ::-1]
    want = attn.reference.kv_append(scales, new, 4, scales=True)
    attn.kv_append(scales, new, 4, scales=True)
    np.testing.assert_array_equal(scales, want)


def test_append_to_a_paged_ring():
    """A ring of pages: positions are taken modulo all keys of the table."""
    rng = np.random.default_rng(7)
    pages = np.full((5, 4, HK, D), np.nan, F32)
    table = np.array([[3, 0], [1, 4]], np.int32)
    new = rng.standard_normal((2, HK, 5, D)).astype(F32)
    want = attn.reference.kv_append(pages, new, [6, 1], table, ring=True)
    attn.kv_append(pages, new, [6, 1], table, ring=True)
    np.testing.assert_array_equal(pages, want)


def test_sliding_window_in_a_ring():
    """A ring of W rows, W keys seen: decoding equals attention over the last W keys."""
    rng = np.random.default_rng(8)
    W, steps = 16, 40
    k, v = (rng.standard_normal((1, HK, steps, D)).astype(F32) for _ in range(2))
    kc, vc = (np.full((1, HK, W, D), np.nan, F32) for _ in range(2))
    for t in range(steps):
        q = rng.standard_normal((1, H, 1, D)).astype(F32)
        attn.kv_append(kc, k[:, :, t : t + 1], t, ring=True)
        attn.kv_append(vc, v[:, :, t : t + 1], t, ring=True)
        o = attn.sdpa(q, kc, vc, mask=m.lens([min(t + 1, W)]))
        seen = slice(max(0, t + 1 - W), t + 1)
        assert_sdpa_close(o, q, k[:, :, seen], v[:, :, seen])


def test_what_is_still_needed_is_not_overwritten():
    """A kernel that reads the cache as it was, after appending to it, gets a copy."""
    kernel = attn.compile("""
      func.func @both(%q: tensor<2x?x8xf32>, %c: tensor<2x?x8xf32> {attn.inplace},
                      %n: tensor<2x1x8xf32>, %p: tensor<1xi32>)
          -> (tensor<2x?x8xf32>, tensor<2x?x8xf32>) {
        %r = attn.kv_append %c, %n, %p : tensor<2x?x8xf32>, tensor<2x1x8xf32>, tensor<1xi32>
        %o = attn.sdpa %q, %c, %c
          : (tensor<2x?x8xf32>, tensor<2x?x8xf32>, tensor<2x?x8xf32>) -> tensor<2x?x8xf32>
        return %o, %r : tensor<2x?x8xf32>, tensor<2x?x8xf32>
      }""")
    rng = np.random.default_rng(9)
    q, cache = (rng.standard_normal((2, 5, 8)).astype(F32) for _ in range(2))
    new = rng.standard_normal((2, 1, 8)).astype(F32)
    exact = attn.reference.sdpa(q, cache, cache)
    want = attn.reference.kv_append(cache, new, 2)
    o, _ = kernel(q, cache, new, np.array([2], np.int32))
    assert_close(o, exact, cache, 5)
    np.testing.assert_array_equal(cache, want)


PLAIN = """
func.func @f(%c: tensor<2x?x8xf32>, %n: tensor<2x1x8xf32>, %p: tensor<1xi32>) -> tensor<2x?x8xf32> {
  %r = attn.kv_append %c, %n, %p : tensor<2x?x8xf32>, tensor<2x1x8xf32>, tensor<1xi32>
  return %r : tensor<2x?x8xf32>
}
"""


def test_without_the_mark_arguments_are_only_read():
    """Appending is functional: the argument stays, the result is new."""
    cache = np.zeros((2, 4, 8), F32)
    result = attn.compile(PLAIN)(cache, np.ones((2, 1, 8), F32), np.array([1], np.int32))
    assert (cache == 0).all() and (result[:, 1] == 1).all() and result.sum() == 16
