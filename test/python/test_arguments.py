"""Bad arguments: the right class of error, naming what is wrong, before anything runs."""

import numpy as np
import pytest

import attn
from attn import masks as m
from numerics import BF16, F8, F32, F64, I8, random_qkv


def ones(*shape, dtype=F32):
    return np.ones(shape, dtype)


Q, K, V = ones(2, 8, 5, 4), ones(2, 2, 7, 4), ones(2, 2, 7, 6)
SQUARE = (Q, ones(2, 2, 5, 4), ones(2, 2, 5, 6))

#: (arguments, clauses, class, part of the message) for sdpa and its reference.
SDPA = {
    "normalize with sinks": (
        (Q, K, V),
        {"normalize": False, "sinks": ones(8)},
        attn.ArgumentError,
        "normalize is False and sinks is given: expected one of them",
    ),
    "normalize with lse": (
        (Q, K, V),
        {"normalize": False, "return_lse": True},
        attn.ArgumentError,
        "normalize is False and return_lse is given: expected one of them",
    ),
    "normalize": (
        (Q, K, V),
        {"normalize": "none"},
        attn.ArgumentError,
        "normalize is 'none', expected True or False",
    ),
    "heads": (
        (Q, ones(2, 3, 7, 4), ones(2, 3, 7, 6)),
        {},
        attn.ShapeError,
        "query has 8 heads, key has 3: the query heads must be a multiple of the key heads",
    ),
    "more key heads": ((K, ones(2, 8, 7, 4), ones(2, 8, 7, 4)), {}, attn.ShapeError, "2 heads"),
    "no heads": ((ones(2, 0, 5, 4), K, V), {}, attn.ShapeError, "heads and width above 0"),
    "no width": (
        (ones(2, 8, 5, 0), ones(2, 2, 7, 0), V),
        {},
        attn.ShapeError,
        "heads and width above 0",
    ),
    "no value width": ((Q, K, ones(2, 2, 7, 0)), {}, attn.ShapeError, "a width above 0"),
    "width": ((Q, ones(2, 2, 7, 3), V), {}, attn.ShapeError, "query has width 4, key has 3"),
    "batch": ((Q, ones(1, 2, 7, 4), V), {}, attn.ShapeError, "query has batch 2, key has 1"),
    "value batch": ((Q, K, ones(1, 2, 7, 6)), {}, attn.ShapeError, "batch 2, value has 1"),
    "value heads": ((Q, K, ones(2, 1, 7, 6)), {}, attn.ShapeError, "heads 2, value has 1"),
    "value length": ((Q, K, ones(2, 2, 6, 6)), {}, attn.ShapeError, "length 7, value has 6"),
    "rank": ((Q[0, 0], K[0, 0], V[0, 0]), {}, attn.ShapeError, "3 or 4 dimensions"),
    "ranks": ((Q, K[0], V), {}, attn.ShapeError, "same number of dimensions"),
    "integers": ((Q.astype(int), K, V), {}, attn.ShapeError, "query has element type i64"),
    "complex": ((Q.astype(complex), K, V), {}, attn.ShapeError, "complex128"),
    "big endian": ((Q.astype(">f4"), K, V), {}, attn.ShapeError, ">f4"),
    "mixed": ((Q, K, V.astype(F64)), {}, attn.ShapeError, "value has f64"),
    "no key scale": (
        (Q, K.astype(I8), V),
        {},
        attn.ShapeError,
        r"key has element type i8, expected key_scale of shape \(2, 2, 7\)",
    ),
    "no value scale": ((Q, K, V.astype(F8)), {}, attn.ShapeError, "expected value_scale of shape"),
    "int8 beside f64": (
        (Q.astype(F64), K.astype(F64), V.astype(I8)),
        {"value_scale": ones(2, 2, 7)},
        attn.ShapeError,
        "value has i8: expected f32, f16 or bf16",
    ),
    "scale of another type": (
        (Q, K.astype(BF16), V),
        {"key_scale": ones(2, 2, 7)},
        attn.ShapeError,
        "key has bf16: expected the same, or i8 or f8E4M3FN with key_scale",
    ),
    "scale extents": (
        (Q, K.astype(I8), V),
        {"key_scale": ones(2, 2, 6)},
        attn.ShapeError,
        r"key_scale has shape \(2, 2, 6\), key has \(2, 2, 7, 4\): expected \(2, 2, 7\)",
    ),
    "scale of query heads": (
        (Q, K, V),
        {"value_scale": ones(2, 8, 7)},
        attn.ShapeError,
        r"expected \(2, 2, 7\)",
    ),
    "scale rank": (
        (Q, K.astype(I8), V),
        {"key_scale": ones(2, 2, 7, 1)},
        attn.ShapeError,
        r"expected \(2, 2, 7\)",
    ),
    "scale type": (
        (Q, K.astype(I8), V),
        {"key_scale": ones(2, 2, 7, dtype=F64)},
        attn.ShapeError,
        "key_scale has element type f64, expected f32",
    ),
    "scale is a number": ((Q, K, V), {"key_scale": 2.0}, attn.ArgumentError, "key_scale is a float"),
    "no array": (([1.0], K, V), {}, attn.ArgumentError, "query is a list"),
    "none": ((Q, None, V), {}, attn.ArgumentError, "key is a NoneType"),
    "no alignment": ((Q, K, V), {"mask": m.causal()}, attn.ShapeError, "5 queries and 7 keys"),
    "alignment": (SQUARE, {"align": "center"}, attn.ArgumentError, "align is 'center'"),
    "mask": (SQUARE, {"mask": "causal"}, attn.ArgumentError, "mask is a str"),
    "lens above N": ((Q, K, V), {"mask": m.lens([7, 8])}, attn.ShapeError, r"lens\[1\] is 8"),
    "lens below 0": ((Q, K, V), {"mask": m.lens([-1])}, attn.ShapeError, r"lens\[0\] is -1"),
    "lens count": ((Q, K, V), {"mask": m.lens([1, 2, 3])}, attn.ShapeError, "3 lengths"),
    "no lens": ((Q, K, V), {"mask": ~m.lens([])}, attn.ShapeError, "0 lengths"),
    "docs unsorted": ((Q, K, V), {"mask": m.docs([0, 5, 4])}, attn.ShapeError, "ascending"),
    "docs beyond N": (
        (Q, K, V),
        {"mask": m.cols(1) | m.docs([0, 8])},
        attn.ShapeError,
        r"0\.\.7",
    ),
    "bias extents": (
        (Q, K, V),
        {"bias": ones(2, 8, 5, 6)},
        attn.ShapeError,
        "expected 1 or 7 for the keys, not 6",
    ),
    "bias heads": ((Q, K, V), {"bias": ones(1, 2, 1, 1)}, attn.ShapeError, "for the heads"),
    "bias rank": ((Q, K, V), {"bias": ones(5, 7)}, attn.ShapeError, "4 dimensions"),
    "bias type": ((Q, K, V), {"bias": ones(1, 1, 1, 7, dtype=F64)}, attn.ShapeError, "f64"),
    "bool bias": ((Q, K, V), {"bias": ones(1, 1, 5, 7, dtype=bool)}, attn.ShapeError, "i1"),
    "sinks": ((Q, K, V), {"sinks": ones(2)}, attn.ShapeError, r"expected \(8,\)"),
    "sinks type": ((Q, K, V), {"sinks": ones(8, dtype=int)}, attn.ShapeError, "i64"),
    "scale 0": ((Q, K, V), {"scale": 0.0}, attn.ArgumentError, "scale is 0.0"),
    "scale below 0": ((Q, K, V), {"scale": -1}, attn.ArgumentError, "scale is -1"),
    "scale nan": ((Q, K, V), {"scale": np.nan}, attn.ArgumentError, "scale is nan"),
    "scale text": ((Q, K, V), {"scale": "x"}, attn.ArgumentError, "scale is 'x'"),
    "softcap inf": ((Q, K, V), {"softcap": np.inf}, attn.ArgumentError, "softcap is inf"),
    "softcap 0": ((Q, K, V), {"softcap": 0}, attn.ArgumentError, "softcap is 0"),
    "threads": ((Q, K, V), {"threads": -1}, attn.ArgumentError, "threads is -1"),
    "half a thread": ((Q, K, V), {"threads": 0.5}, attn.ArgumentError, "threads is 0.5"),
}


@pytest.mark.parametrize("function", [attn.sdpa, attn.reference.sdpa], ids=["attn", "reference"])
@pytest.mark.parametrize("case", SDPA)
def test_sdpa(function, case):
    arguments, clauses, kind, message = SDPA[case]
    with pytest.raises(kind, match=message):
        function(*arguments, **clauses)


@pytest.mark.parametrize(
    "function", [attn.weights, attn.reference.weights], ids=["attn", "reference"]
)
@pytest.mark.parametrize("case", ["heads", "width", "rank", "no alignment", "lens above N"])
def test_weights(function, case):
    arguments, clauses, kind, message = SDPA[case]
    with pytest.raises(kind, match=message):
        function(*arguments[:2], **clauses)


O, L = ones(2, 3, 5, 4), ones(2, 3, 5)


@pytest.mark.parametrize("module", [attn, attn.reference], ids=["attn", "reference"])
@pytest.mark.parametrize(
    "parts, kind",
    [
        ((), attn.ArgumentError),
        ((O, L), attn.ArgumentError),
        (((O, L, L),), attn.ArgumentError),
        (((O, O),), attn.ShapeError),
        (((O, L.astype(F64)),), attn.ShapeError),
        (((O, L), (O[:1], L[:1])), attn.ShapeError),
        (((O, L), (O.astype(np.float16), L)), attn.ShapeError),
        (((O[0, 0], L[0, 0]),), attn.ShapeError),
    ],
)
def test_merge(module, parts, kind):
    with pytest.raises(kind):
        module.merge(*parts)


@pytest.mark.parametrize("module", [attn, attn.reference], ids=["attn", "reference"])
@pytest.mark.parametrize(
    "arguments, kind",
    [
        ((O, ones(5, 2), ones(5, 1)), attn.ShapeError),
        ((O, ones(4, 2), ones(4, 2)), attn.ShapeError),
        ((O, ones(5, 3), ones(5, 3)), attn.ShapeError),
        ((O, ones(5, 0), ones(5, 0)), attn.ShapeError),
        ((O, ones(5), ones(5)), attn.ShapeError),
        ((O, ones(5, 2), ones(5, 2, dtype=F64)), attn.ShapeError),
        ((O.astype(int), ones(5, 2), ones(5, 2)), attn.ShapeError),
        ((O, ones(5, 2, dtype=F64), ones(5, 2, dtype=F64)), attn.ShapeError),
        ((O, ones(5, 2), ones(5, 2), "thirds"), attn.ArgumentError),
    ],
)
def test_rope(module, arguments, kind):
    with pytest.raises(kind):
        module.rope(*arguments)


X, W = ones(2, 5, 12), ones(12, 12)


@pytest.mark.parametrize("module", [attn, attn.reference], ids=["attn", "reference"])
@pytest.mark.parametrize(
    "arguments, clauses, kind",
    [
        ((X, W, W, W, W), {"heads": 5}, attn.ShapeError),
        ((X, W, W, W, W), {"heads": 4, "kv_heads": 3}, attn.ShapeError),
        ((X, W, W, W, W), {"heads": 4, "kv_heads": 2}, attn.ShapeError),
        ((X, W, W, W, W), {"heads": 0}, attn.ArgumentError),
        ((X, W, W, W, W), {"heads": 2.0}, attn.ArgumentError),
        ((X, W[1:], W, W, W), {"heads": 4}, attn.ShapeError),
        ((X, W, W, W, W[1:]), {"heads": 4}, attn.ShapeError),
        ((X[0], W, W, W, W), {"heads": 4}, attn.ShapeError),
        ((X, W[0], W, W, W), {"heads": 4}, attn.ShapeError),
        ((X, W, W, W.astype(F64), W), {"heads": 4}, attn.ShapeError),
        ((X, W, W, W), {"heads": 4, "context": ones(3, 6, 12)}, attn.ShapeError),
        ((X, W, W, W), {"heads": 4, "context": ones(2, 6, 11)}, attn.ShapeError),
        (
            (X, W, W, W),
            {"heads": 4, "context": ones(2, 6, 12), "mask": m.causal()},
            attn.ShapeError,
        ),
        ((X, W, W, W), {"heads": 4, "normalize": "none"}, attn.ArgumentError),
        ((X, W, W, W), {"heads": 4, "normalize": False, "sinks": ones(4)}, attn.ArgumentError),
        (
            (X, W, W, W),
            {"heads": 4, "softcap": 1.0, "score": lambda s, b, h, i, j: s},
            attn.ArgumentError,
        ),
    ],
)
def test_layer(module, arguments, clauses, kind):
    with pytest.raises(kind):
        module.layer(*arguments, **clauses)


def test_errors_are_errors():
    for kind in (
        attn.ArgumentError,
        attn.CompileError,
        attn.OutOfMemoryError,
        attn.ShapeError,
        attn.UnsupportedError,
    ):
        assert issubclass(kind, attn.Error)


def test_failure_leaves_things_working():
    with pytest.raises(attn.ShapeError):
        attn.sdpa(Q, K, V, mask=m.lens([9]))
    assert attn.sdpa(Q, K, V, mask=m.lens([7])).shape == (2, 8, 5, 6)
