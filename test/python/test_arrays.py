"""Arrays in and out: any library, any strides, nothing copied, the caller's kind back."""

import ctypes
import threading
import time

import array_api_strict
import ml_dtypes
import numpy as np
import pytest

import attn
from attn import _attn
from attn import masks as m
from attn.arrays import as_numpy
from numerics import BF16, DTYPES, F8, F16, F32, F64, I8, assert_sdpa_close, random_qkv


class Foreign:
    """An array of a library that has DLPack and nothing else."""

    def __init__(self, array):
        self.exporter = _attn.export_opaque(array) if array.dtype in (BF16, F8) else array

    def __dlpack__(self, **options):
        return self.exporter.__dlpack__(**options)

    def __dlpack_device__(self):
        return self.exporter.__dlpack_device__()


def views():
    """name -> a function of a contiguous array that gives an equal one, laid out otherwise."""

    def negative(x):
        return x[:, :, ::-1, ::-1].copy()[:, :, ::-1, ::-1]

    def every_other(x):
        wide = np.zeros((*x.shape[:-1], 2 * x.shape[-1]), x.dtype)
        wide[..., ::2] = x
        return wide[..., ::2]

    def transposed(x):
        return np.ascontiguousarray(x.transpose(0, 2, 1, 3)).transpose(0, 2, 1, 3)

    def fortran(x):
        return np.asfortranarray(x)

    def unaligned(x):
        buffer = np.zeros(x.nbytes + 1, np.uint8)
        view = buffer[1:].view(x.dtype).reshape(x.shape)
        view[...] = x
        assert not view.flags.aligned
        return view

    def read_only(x):
        x = x.copy()
        x.flags.writeable = False
        return x

    return [negative, every_other, transposed, fortran, unaligned, read_only]


@pytest.mark.parametrize("dtype", DTYPES, ids=lambda dtype: np.dtype(dtype).name)
@pytest.mark.parametrize("view", views(), ids=lambda view: view.__name__)
def test_layouts(view, dtype):
    q, k, v = random_qkv(1, dtype, B=2, H=2, M=5, N=9, D=8)
    o, lse = attn.sdpa(*(view(x) for x in (q, k, v)), return_lse=True)
    assert_sdpa_close(o, q, k, v, lse)


@pytest.mark.parametrize("dtype", DTYPES, ids=lambda dtype: np.dtype(dtype).name)
def test_broadcast_inputs(dtype):
    q, k, v = random_qkv(2, dtype, M=5, N=9, D=8)
    q = np.broadcast_to(q[:, :1, :1], q.shape)
    k = np.broadcast_to(k[:, :1], k.shape)
    v = np.broadcast_to(v[..., :1], v.shape)
    assert 0 in q.strides and 0 in k.strides and 0 in v.strides
    o, lse = attn.sdpa(q, k, v, return_lse=True)
    assert_sdpa_close(o, q, k, v, lse)


def test_bias_and_sinks_have_layouts_too():
    q, k, v = random_qkv(3, H=4, M=6, N=5, D=8)
    bias = np.random.default_rng(0).standard_normal((1, 4, 5, 6)).astype(F32).swapaxes(2, 3)
    sinks = np.arange(8, dtype=F32)[::-2]
    lengths = np.array([[3, 9]], np.int32)[:, 0]
    clauses = {"bias": bias, "sinks": sinks, "mask": m.lens(lengths)}
    assert_sdpa_close(attn.sdpa(q, k, v, **clauses), q, k, v, **clauses)


def test_sinks_of_another_type_are_converted():
    q, k, v = random_qkv(4, BF16, H=4, D=8)
    sinks = np.array([1.0, 2.0, -1.0, 0.0])
    expected = attn.sdpa(q, k, v, sinks=sinks.astype(F32))
    for dtype in (F16, F64, BF16):
        np.testing.assert_array_equal(attn.sdpa(q, k, v, sinks=sinks.astype(dtype)), expected)


def test_tensor_sees_the_array():
    x = np.zeros((2, 3, 4), F16)[:, ::-1]
    tensor = _attn.Tensor(x, "x")
    assert (tensor.dtype, tensor.shape, tensor.name) == ("f16", (2, 3, 4), "x")
    names = {
        np.float32: "f32",
        np.float64: "f64",
        np.float16: "f16",
        BF16: "bf16",
        np.int32: "i32",
        np.int64: "i64",
        np.int8: "i8",
        np.bool_: "i1",
        F8: "f8E4M3FN",
    }
    for dtype, name in names.items():
        assert _attn.Tensor(np.zeros((2, 0), dtype), "x").dtype == name
        assert _attn.Tensor(Foreign(np.zeros(3, dtype)), "x").dtype == name


@pytest.mark.parametrize(
    "array",
    [
        np.zeros(3, "V2"),
        np.zeros(3, "V1"),
        np.zeros(3, ml_dtypes.int4),
        np.zeros(3, ml_dtypes.float8_e5m2),
        np.zeros(3, ">f4"),
        np.zeros(3, np.uint16),
        np.zeros(3, [("a", "f2")]),
        np.array(["text"]),
        np.array([None]),
        Foreign(np.zeros(3, np.uint32)),
    ],
)
def test_types_that_kernels_do_not_read(array):
    with pytest.raises(attn.ShapeError, match="element type"):
        _attn.Tensor(array, "x")


def test_strides_that_kernels_do_not_read():
    records = np.zeros(4, [("a", "f4"), ("b", "i1")])
    with pytest.raises(attn.UnsupportedError, match="stride of 5 bytes"):
        _attn.Tensor(records["a"], "x")


def test_rank_that_kernels_do_not_read():
    with pytest.raises(attn.ShapeError, match="9 dimensions"):
        _attn.Tensor(np.zeros((1,) * 9, F32), "x")


def test_results_are_numpy_for_numpy():
    q, k, v = random_qkv(5, BF16, D=8)
    o, lse = attn.sdpa(q, k, v, return_lse=True)
    assert type(o) is np.ndarray and o.dtype == BF16 and type(lse) is np.ndarray
    assert o.flags.c_contiguous and o.flags.writeable and o.flags.owndata


def test_results_are_of_the_callers_library():
    arrays = random_qkv(6, D=8)
    q, k, v = (array_api_strict.asarray(x) for x in arrays)
    o, lse = attn.sdpa(q, k, v, mask=m.lens(array_api_strict.asarray([60])), return_lse=True)
    assert type(o) is type(q) and type(lse) is type(q)
    o, lse = np.from_dlpack(o), np.from_dlpack(lse)
    assert_sdpa_close(o, *arrays, lse, mask=m.lens([60]))


@pytest.mark.parametrize("dtype", DTYPES, ids=lambda dtype: np.dtype(dtype).name)
def test_dlpack_only(dtype):
    """A library without from_dlpack gets NumPy back."""
    arrays = random_qkv(7, dtype, D=8)
    o = attn.sdpa(*(Foreign(x) for x in arrays))
    assert type(o) is np.ndarray
    assert_sdpa_close(o, *arrays)


@pytest.mark.parametrize("eight", [I8, F8], ids=["int8", "float8"])
def test_quantised_caches_by_dlpack(eight):
    q, k, v = random_qkv(7, D=8)
    (k, key_scale), (v, value_scale) = attn.quantize(k, eight), attn.quantize(v, eight)
    scales = {"key_scale": key_scale, "value_scale": value_scale}
    o = attn.sdpa(
        *(Foreign(x) for x in (q, k, v)), **{name: Foreign(x) for name, x in scales.items()}
    )
    np.testing.assert_array_equal(o, attn.sdpa(q, k, v, **scales))


@pytest.mark.parametrize("dtype", [*DTYPES, F8], ids=lambda dtype: np.dtype(dtype).name)
def test_numpy_sees_what_a_tensor_sees(dtype):
    x = np.arange(48).astype(dtype).reshape(2, 3, 8)[:, ::-1, ::2]
    seen = as_numpy(_attn.Tensor(x, "x"))
    assert seen.dtype == x.dtype and seen.strides == x.strides and not seen.flags.writeable
    np.testing.assert_array_equal(seen, x)


def test_bfloat16_goes_out_by_dlpack(monkeypatch):
    """What a library receives when the result is bfloat16, which NumPy cannot export."""
    received = []
    monkeypatch.setitem(globals(), "from_dlpack", received.append)
    arrays = random_qkv(8, BF16, D=8)
    attn.sdpa(*(Foreign(x) for x in arrays))
    (exporter,) = received
    tensor = _attn.Tensor(exporter, "o")
    assert (tensor.dtype, tensor.shape) == ("bf16", (1, 2, 65, 8))


def test_a_producers_refusal_is_passed_on():
    class Refusing(Foreign):
        def __dlpack__(self, **options):
            raise RuntimeError("detach it first")

    with pytest.raises(RuntimeError, match="detach it first"):
        attn.sdpa(Refusing(np.zeros(1, F32)), *random_qkv(9)[1:])


class Elsewhere(ctypes.Structure):
    """A DLPack tensor of one f32 that says it is on a GPU."""

    _fields_ = [
        ("data", ctypes.c_void_p),
        ("device_type", ctypes.c_int32),
        ("device_id", ctypes.c_int32),
        ("ndim", ctypes.c_int32),
        ("code", ctypes.c_uint8),
        ("bits", ctypes.c_uint8),
        ("lanes", ctypes.c_uint16),
        ("shape", ctypes.POINTER(ctypes.c_int64)),
        ("strides", ctypes.POINTER(ctypes.c_int64)),
        ("byte_offset", ctypes.c_uint64),
        ("context", ctypes.c_void_p),
        ("deleter", ctypes.c_void_p),
    ]

    def __dlpack__(self, **options):
        new_capsule = ctypes.pythonapi.PyCapsule_New
        new_capsule.restype = ctypes.py_object
        new_capsule.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p]
        return new_capsule(ctypes.addressof(self), b"dltensor", None)


def test_arrays_outside_host_memory():
    one = (ctypes.c_int64 * 1)(1)
    array = Elsewhere(0, 2, 0, 1, 2, 32, 1, one, one)
    with pytest.raises(attn.UnsupportedError, match="x is on DLPack device 2"):
        _attn.Tensor(array, "x")


def test_inputs_are_left_alone():
    arrays = random_qkv(10, D=8)
    copies = [x.copy() for x in arrays]
    attn.sdpa(*arrays, mask=m.causal())
    for array, copy in zip(arrays, copies):
        np.testing.assert_array_equal(array, copy)


def test_nothing_is_copied():
    """A key array of half a TiB, all of it one row: only a view of it can be read."""
    q = np.ones((1, 1, 1, 64), F32)
    k = np.broadcast_to(np.ones(64, F32), (1, 1, 2**31 - 1, 64))
    assert k.nbytes > 2**38
    o = attn.sdpa(q, k, k, mask=m.cols(3) | m.cols_last(2))
    np.testing.assert_allclose(o, 1, rtol=1e-6)


def test_extents_beyond_what_kernels_count():
    q = np.ones((1, 1, 1, 64), F32)
    k = np.broadcast_to(np.ones(64, F32), (1, 1, 2**31, 64))
    with pytest.raises(attn.ShapeError, match="2147483648"):
        attn.sdpa(q, k, k, mask=m.cols(3))


def test_other_threads_run_meanwhile():
    """The interpreter is released while a kernel runs."""
    q, k, v = random_qkv(11, H=8, M=1500, N=1500, D=64)
    attn.sdpa(q[:, :, :1], k, v)
    done = threading.Event()

    def work():
        attn.sdpa(q, k, v, threads=1)
        done.set()

    thread = threading.Thread(target=work)
    ticks = 0
    thread.start()
    while not done.is_set():
        time.sleep(0.001)
        ticks += 1
    thread.join()
    assert ticks >= 3
