"""attn.quantize: numbers of 8 bits whose products with their scale are near what came in."""

import ml_dtypes
import numpy as np
import pytest

import attn
from numerics import BF16, DTYPES, F8, F16, F32, F64, I8, dequantised
from test_arrays import Foreign

TYPES = pytest.mark.parametrize("eight", [I8, F8], ids=["int8", "float8"])


def allowed(x, scale, eight):
    """The error that the docstring states."""
    x, scale = np.abs(np.asarray(x, F64)), np.asarray(scale, F64)[..., None]
    rounding = scale / 2 if eight is I8 else np.maximum(x / 16, scale / 1024)
    return rounding + 2.0**-22 * x


@TYPES
@pytest.mark.parametrize("dtype", DTYPES, ids=lambda dtype: np.dtype(dtype).name)
@pytest.mark.parametrize("shape", [(5,), (7, 3), (2, 3, 17, 64), (1, 2, 0, 8), (2, 2, 3, 0)])
def test_error(eight, dtype, shape):
    rng = np.random.default_rng(1)
    x = (rng.standard_normal(shape) * np.exp(2 * rng.standard_normal(shape))).astype(dtype)
    xq, scale = attn.quantize(x, eight)
    assert (xq.dtype, xq.shape) == (np.dtype(eight), shape)
    assert (scale.dtype, scale.shape) == (F32, shape[:-1])
    assert (scale > 0).all()
    assert (np.abs(dequantised(xq, scale) - x.astype(F64)) <= allowed(x, scale, eight)).all()
    largest = 127 if eight is I8 else 448
    if x.size:
        assert (np.abs(xq.astype(F64)).max(-1) == largest).all()


@TYPES
def test_rows_of_zeros(eight):
    x = np.ones((2, 3, 4), F32)
    x[0, 1] = 0
    xq, scale = attn.quantize(x, eight)
    assert scale[0, 1] == 1 and (xq[0, 1].astype(F32) == 0).all()


@TYPES
@pytest.mark.parametrize("magnitude", [1e-45, 1e-40, 1.2e-38, 3.4e38])
def test_extreme_rows(eight, magnitude):
    """No row overflows, and no quotient by a scale that underflowed."""
    x = np.array([[1, -0.5, 0.25, 0]], F32) * F32(magnitude)
    xq, scale = attn.quantize(x, eight)
    assert np.isfinite(scale).all() and (scale > 0).all()
    assert (np.abs(dequantised(xq, scale) - x) <= allowed(x, scale, eight)).all()


@TYPES
@pytest.mark.parametrize("poison", [np.nan, np.inf, -np.inf], ids=str)
def test_rows_that_are_no_numbers(eight, poison):
    x = np.ones((3, 4), F32)
    x[1, 2] = poison
    xq, scale = attn.quantize(x, eight)
    assert np.isnan(dequantised(xq, scale)[1]).all()
    np.testing.assert_array_equal(np.isnan(scale), [False, True, False])


def test_names_of_types():
    x = np.ones((2, 3), F32)
    for name in ("int8", np.int8, np.dtype(np.int8)):
        assert attn.quantize(x, name)[0].dtype == I8
    for name in ("float8_e4m3fn", ml_dtypes.float8_e4m3fn, np.dtype(F8)):
        assert attn.quantize(x, name)[0].dtype == F8
    assert attn.quantize(x)[0].dtype == I8


@TYPES
@pytest.mark.parametrize("dtype", DTYPES, ids=lambda dtype: np.dtype(dtype).name)
def test_other_libraries(eight, dtype, monkeypatch):
    """What came by DLPack goes out by DLPack, float8 too."""
    received = []
    monkeypatch.setattr("test_arrays.from_dlpack", received.append, raising=False)
    x = np.linspace(-1, 1, 24).astype(dtype).reshape(3, 8)[:, ::2]
    attn.quantize(Foreign(x), eight)
    expected, scale = attn.quantize(x, eight)
    tensors = [attn._attn.Tensor(array, "x") for array in received]
    name = {I8: "i8", F8: "f8E4M3FN"}[eight]
    assert [(t.dtype, t.shape) for t in tensors] == [(name, (3, 4)), ("f32", (3,))]
    np.testing.assert_array_equal(np.from_dlpack(received[1]), scale)


@pytest.mark.parametrize(
    "x, dtype, error, message",
    [
        (np.ones((2, 3), F32), "int4", attn.ArgumentError, "dtype is 'int4', expected one of int8"),
        (np.ones((2, 3), F32), "uint8", attn.ArgumentError, "dtype is 'uint8'"),
        (np.ones((2, 3), F32), "float8", attn.ArgumentError, "dtype is 'float8'"),
        (np.ones((2, 3), F32), F16, attn.ArgumentError, "float8_e4m3fn"),
        (np.ones((2, 3), F32), 8, attn.ArgumentError, "dtype is 8"),
        (np.ones((2, 3), I8), "int8", attn.ShapeError, "x has element type i8"),
        (np.ones((2, 3), F8), "int8", attn.ShapeError, "x has element type f8E4M3FN"),
        (np.float32(3), "int8", attn.ShapeError, r"x has shape \(\)"),
        (np.array(3, BF16), "int8", attn.ShapeError, r"x has shape \(\)"),
        ([1.0], "int8", attn.ArgumentError, "x is a list"),
    ],
    ids=str,
)
def test_bad_arguments(x, dtype, error, message):
    with pytest.raises(error, match=message):
        attn.quantize(x, dtype)
