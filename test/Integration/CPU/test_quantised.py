"""Keys and values of 8 bits: exact for what they hold, and within the bound of what they lost."""

import numpy as np
import pytest

import attn
from attn import masks as m
from numerics import (
    BF16,
    F8,
    F16,
    F32,
    F64,
    I8,
    assert_sdpa_close,
    check_sdpa,
    dequantised,
    largest_error,
    quantised_qkv,
    random_qkv,
)

TYPES = pytest.mark.parametrize("eight", [I8, F8], ids=["int8", "float8"])
QUERIES = pytest.mark.parametrize("dtype", [F32, F16, BF16], ids=["f32", "f16", "bf16"])
#: Few queries and many: a decoding step, a step of several, whole panels and a ragged one.
ROWS = pytest.mark.parametrize("M", [1, 4, 70])


@TYPES
@QUERIES
@ROWS
@pytest.mark.parametrize("heads", [(4, 4), (8, 2), (8, 1)], ids=str)
def test_heads(eight, dtype, M, heads):
    """Query heads that share keys share their scales."""
    H, Hk = heads
    for N in (1, 133, 300):
        arrays, scales = quantised_qkv(N, eight, dtype, B=2, H=H, Hk=Hk, M=M, N=N, D=40, E=24)
        check_sdpa(*arrays, **scales)


@TYPES
@ROWS
def test_masks_and_clauses(eight, M):
    rng = np.random.default_rng(M)
    N = 300
    arrays, scales = quantised_qkv(M, eight, B=2, H=4, Hk=2, M=M, N=N, D=32)
    check_sdpa(*arrays, mask=m.causal(), align="bottom_right", **scales)
    check_sdpa(*arrays, mask=m.window(50, 3) | m.cols(4), align="bottom_right", **scales)
    check_sdpa(*arrays, mask=m.lens([0, 133]), **scales)
    check_sdpa(*arrays, mask=~m.docs([0, 100, N]), **scales)
    check_sdpa(*arrays, mask=m.empty(), **scales)
    check_sdpa(*arrays, softcap=3.0, **scales)
    check_sdpa(*arrays, scale=0.5, sinks=rng.standard_normal(4).astype(F32), **scales)
    check_sdpa(*arrays, bias=rng.standard_normal((1, 4, M, N)).astype(F32), **scales)


@TYPES
@ROWS
def test_one_of_the_two(eight, M):
    """Keys alone, and values alone, may be quantised."""
    (q, k, v), scales = quantised_qkv(5, eight, BF16, H=4, Hk=2, M=M, N=200)
    _, wide_k, wide_v = random_qkv(5, BF16, H=4, Hk=2, M=M, N=200)
    check_sdpa(q, k, wide_v, key_scale=scales["key_scale"])
    check_sdpa(q, wide_k, v, value_scale=scales["value_scale"])


@pytest.mark.parametrize("dtype", [F32, F64, F16, BF16], ids=lambda dtype: np.dtype(dtype).name)
@ROWS
def test_scales_of_floats(dtype, M):
    """Rows of any type may have scales: of any sign, and of 0."""
    q, k, v = random_qkv(6, dtype, M=M, N=150)
    rng = np.random.default_rng(6)
    scales = rng.standard_normal((2, 1, 2, 150)).astype(F32)
    scales[..., ::7] = 0
    check_sdpa(q, k, v, key_scale=scales[0], value_scale=scales[1])


@TYPES
def test_without_a_batch(eight):
    (q, k, v), scales = quantised_qkv(7, eight, H=4, Hk=2, M=9, N=65)
    check_sdpa(q[0], k[0], v[0], **{name: scale[0] for name, scale in scales.items()})


@TYPES
def test_nothing(eight):
    for M, N in ((0, 5), (5, 0)):
        arrays, scales = quantised_qkv(0, eight, M=M, N=N)
        o, lse = check_sdpa(*arrays, **scales)
        assert (o == 0).all() and np.isneginf(lse).all()


@TYPES
@ROWS
def test_poison_beyond_lens(eight, M):
    """Scales beyond the filled part of a cache may be anything, and elements too."""
    lengths = [0, 65, 129]
    arrays, scales = quantised_qkv(8, eight, B=3, M=M, N=130)
    clean, _ = check_sdpa(*arrays, mask=m.lens(lengths), **scales)
    for b, length in enumerate(lengths):
        for scale in scales.values():
            scale[b, :, length:] = np.nan
        for x in arrays[1:]:
            x.view(np.uint8)[b, :, length:] = 0x7F
    poisoned, _ = check_sdpa(*arrays, mask=m.lens(lengths), **scales)
    np.testing.assert_array_equal(poisoned, clean)


@TYPES
@ROWS
def test_a_bad_scale_spoils_the_rows_that_keep_its_key(eight, M):
    arrays, scales = quantised_qkv(9, eight, H=1, M=M, N=130)
    scales["key_scale"][0, 0, 100] = np.nan
    o, _ = check_sdpa(*arrays, mask=m.cols(100), **scales)
    assert np.isfinite(o).all()
    o, _ = check_sdpa(*arrays, mask=m.cols(101), **scales)
    assert np.isnan(o).all()


@TYPES
@ROWS
def test_strides(eight, M):
    """Caches as they lie: keys of a larger array, heads and keys swapped, scales of every other."""
    (q, k, v), scales = quantised_qkv(10, eight, H=4, Hk=2, M=M, N=140, D=24)
    expected = attn.sdpa(q, k, v, **scales)
    room = np.full((1, 300, 2, 24), 0x7F, np.uint8).view(k.dtype).transpose(0, 2, 1, 3)
    room[:, :, 100:240] = k
    reverse = np.ascontiguousarray(v[:, :, ::-1, ::-1])[:, :, ::-1, ::-1]
    wide = np.full((1, 140, 2, 2), np.nan, F32).transpose(0, 2, 1, 3)
    wide[..., 0], wide[..., 1] = scales["key_scale"], scales["value_scale"]
    o = attn.sdpa(
        q, room[:, :, 100:240], reverse, key_scale=wide[..., 0], value_scale=wide[..., 1]
    )
    np.testing.assert_array_equal(o, expected)


@TYPES
@QUERIES
def test_one_kernel_serves_every_length(eight, dtype):
    sizes = ((1, 1), (1, 500), (3, 64), (64, 65), (130, 63))
    arrays, scales = quantised_qkv(0, eight, dtype, H=6, Hk=2, M=2, N=2, D=16)
    attn.sdpa(*arrays, return_lse=True, **scales)
    before = attn.stats()["kernels_compiled"]
    for M, N in sizes:
        arrays, scales = quantised_qkv(N, eight, dtype, B=2, H=6, Hk=2, M=M, N=N, D=16)
        check_sdpa(*arrays, **scales)
    assert attn.stats()["kernels_compiled"] == before


@TYPES
@ROWS
def test_weights(eight, M):
    (q, k, _), scales = quantised_qkv(11, eight, H=4, Hk=2, M=M, N=70)
    exact = attn.reference.weights(q, k, key_scale=scales["key_scale"])
    assert largest_error(attn.weights(q, k, key_scale=scales["key_scale"]), exact) <= 4e-6


@TYPES
@ROWS
def test_what_quantising_loses(eight, M):
    """The result is as far from that of the floats as the rounding of k and v explains.

    If every score moves by at most e, every probability moves by a factor within
    exp(-2e) and exp(2e): the result by (exp(2e) - 1) max|v|, and by the error of v.
    """
    q, k, v = random_qkv(12, H=4, Hk=2, M=M, N=400, D=64)
    kq, key_scale = attn.quantize(k, eight)
    vq, value_scale = attn.quantize(v, eight)
    o = attn.sdpa(q, kq, vq, key_scale=key_scale, value_scale=value_scale)
    moved_k = np.repeat(np.abs(dequantised(kq, key_scale) - k), 2, axis=1)
    moved_v = np.abs(dequantised(vq, value_scale) - v).max()
    e = (np.abs(q.astype(F64)) @ moved_k.swapaxes(-1, -2)).max() / 8
    bound = np.expm1(2 * e) * np.abs(v).max() + moved_v
    error = largest_error(o, attn.reference.sdpa(q, k, v))
    print(f"{np.dtype(eight).name}, M = {M}: error {error:.1e}, bound {bound:.1e}")
    assert error <= bound
    assert error <= {I8: 0.02, F8: 0.05}[eight]


def scalar_conversion(name, op):
    """A kernel that converts 256 numbers one by one, as linalg has it."""
    return f"""
    #id = affine_map<(i) -> (i)>
    func.func @f(%x: tensor<256x{name}>) -> tensor<256xf32> {{
      %e = tensor.empty() : tensor<256xf32>
      %y = linalg.generic {{indexing_maps = [#id, #id], iterator_types = ["parallel"]}}
          ins(%x : tensor<256x{name}>) outs(%e : tensor<256xf32>) {{
      ^bb0(%in: {name}, %out: f32):
        %wide = arith.{op} %in : {name} to f32
        linalg.yield %wide : f32
      }} -> tensor<256xf32>
      return %y : tensor<256xf32>
    }}"""


def vector_conversion(name, op):
    """The same by vectors of 16."""
    lines = []
    for k in range(16):
        lines.append(f"%k{k} = arith.constant {k} : index")
        lines.append(f"%i{k} = arith.addi %i, %k{k} : index")
        lines.append(f"%x{k} = tensor.extract %x[%i{k}] : tensor<256x{name}>")
    elements = ", ".join(f"%x{k}" for k in range(16))
    lines.append(f"%v = vector.from_elements {elements} : vector<16x{name}>")
    lines.append(f"%w = arith.{op} %v : vector<16x{name}> to vector<16xf32>")
    for k in range(16):
        before = f"%t{k - 1}" if k else "%t"
        lines.append(f"%w{k} = vector.extract %w[{k}] : f32 from vector<16xf32>")
        lines.append(f"%t{k} = tensor.insert %w{k} into {before}[%i{k}] : tensor<256xf32>")
    body = "\n".join(lines)
    return f"""
    func.func @f(%x: tensor<256x{name}>) -> tensor<256xf32> {{
      %zero = arith.constant 0 : index
      %step = arith.constant 16 : index
      %end = arith.constant 256 : index
      %e = tensor.empty() : tensor<256xf32>
      %y = scf.for %i = %zero to %end step %step iter_args(%t = %e) -> tensor<256xf32> {{
        {body}
        scf.yield %t15 : tensor<256xf32>
      }}
      return %y : tensor<256xf32>
    }}"""


@pytest.mark.parametrize("target", ["x86-64-v2", "x86-64-v3", "x86-64-v4"])
@pytest.mark.parametrize("conversion", [scalar_conversion, vector_conversion])
@TYPES
def test_every_number_is_read_exactly(eight, conversion, target):
    """All 256 patterns, through the code of each machine."""
    text = conversion(*{I8: ("i8", "sitofp"), F8: ("f8E4M3FN", "extf")}[eight])
    try:
        kernel = attn.compile(text, target=target)
    except attn.UnsupportedError as error:
        pytest.skip(str(error))
    x = np.arange(256, dtype=np.uint8).view(eight)
    y, exact = kernel(x), x.astype(F32)
    np.testing.assert_array_equal(y, exact)
    np.testing.assert_array_equal(np.signbit(y), np.signbit(exact))


@TYPES
def test_lesser_machines(eight):
    """The code for machines without AVX-512, which this one can run as well."""
    name = {I8: "i8", F8: "f8E4M3FN"}[eight]
    text = f"""
    func.func @f(%q: tensor<4x?x24xf32>, %k: tensor<2x?x24x{name}>, %v: tensor<2x?x24x{name}>,
                 %ks: tensor<2x?xf32>, %vs: tensor<2x?xf32>) -> tensor<4x?x24xf32> {{
      %o = attn.sdpa %q, %k, %v key_scale(%ks : tensor<2x?xf32>) value_scale(%vs : tensor<2x?xf32>)
        : (tensor<4x?x24xf32>, tensor<2x?x24x{name}>, tensor<2x?x24x{name}>) -> tensor<4x?x24xf32>
      return %o : tensor<4x?x24xf32>
    }}"""
    for target in ("x86-64-v2", "x86-64-v3"):
        try:
            kernel = attn.compile(text, target=target)
        except attn.UnsupportedError as error:
            pytest.skip(str(error))
        for M in (1, 70):
            arrays, scales = quantised_qkv(M, eight, H=4, Hk=2, M=M, N=150, D=24)
            q, k, v = (x[0] for x in arrays)
            scales = {name: scale[0] for name, scale in scales.items()}
            assert_sdpa_close(kernel(q, k, v, *scales.values()), q, k, v, **scales)
