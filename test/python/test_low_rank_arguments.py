"""What linformer, nystrom, latent and low-rank biases refuse, before anything is compiled."""

import numpy as np
import pytest

import attn
from attn import masks as m
from numerics import F16, F32, F64, random_qkv

Q, K, V = random_qkv(0, B=2, H=4, Hk=2, M=9, N=12, D=8, E=6)
E = np.zeros((5, 20), F32)


def refused(error, match, function, *arguments, **named):
    """The function and its reference raise the same."""
    for module in (attn, attn.reference):
        with pytest.raises(error, match=match):
            getattr(module, function)(*arguments, **named)


LINFORMER = [
    (attn.ShapeError, "e has 11 columns, key has 12 rows: expected no more rows", (Q, K, V, E[:, :11])),
    (attn.ShapeError, r"e has shape \(0, 20\), expected at least one row", (Q, K, V, E[:0])),
    (attn.ShapeError, "e has shape .* expected the same heads and rows", (Q, K, V, E, E[:4])),
    (attn.ShapeError, "e has 3 heads, query has 4, key has 2: expected a multiple", (Q, K, V, np.zeros((3, 5, 20), F32))),
    (attn.ShapeError, "query has element type f32, e has f64", (Q, K, V, E.astype(F64))),
    (attn.ShapeError, "query has element type f32, value has f16", (Q, K, V.astype(F16), E)),
    (attn.ShapeError, r"e has shape \(20,\), expected 2 or 3 dimensions", (Q, K, V, E[0])),
    (attn.ShapeError, "query has width 8, key has 6", (Q, V, V, E)),
]


@pytest.mark.parametrize("error, match, arguments", LINFORMER, ids=[case[1] for case in LINFORMER])
def test_linformer(error, match, arguments):
    refused(error, match, "linformer", *arguments)


NYSTROM = [
    (attn.ShapeError, "landmarks is 10, query has 9 rows, key has 12: expected no more", {"landmarks": 10}),
    (attn.ArgumentError, "landmarks is 0, expected a whole number", {"landmarks": 0}),
    (attn.ArgumentError, "landmarks is 2.5, expected a whole number", {"landmarks": 2.5}),
    (attn.ArgumentError, "solve is 'svd', expected 'iterative' or 'lu'", {"solve": "svd"}),
    (attn.ArgumentError, r"iters is 0, expected a whole number in 1\.\.100", {"iters": 0}),
    (attn.ArgumentError, r"iters is 101, expected", {"iters": 101}),
    (attn.ArgumentError, "scale is -1, expected a finite number above 0", {"scale": -1}),
    (attn.ShapeError, r"lens\[1\] is 13, expected a length in 0\.\.12", {"lens": [1, 13]}),
    (attn.ShapeError, "lens has 3 lengths, expected 2", {"lens": [1, 2, 3]}),
    (attn.ShapeError, r"skip has shape \(4, 2\), query has 4 heads: expected \(4, K\) with an odd K", {"skip": np.zeros((4, 2), F32)}),
    (attn.ShapeError, "query has 9 rows, value has 12, along which skip convolves", {"skip": np.zeros((4, 3), F32)}),
    (attn.ShapeError, "query has element type f32, skip has f64", {"skip": np.zeros((4, 3))}),
]


@pytest.mark.parametrize("error, match, named", NYSTROM, ids=[case[1] for case in NYSTROM])
def test_nystrom(error, match, named):
    refused(error, match, "nystrom", Q, K, V, **{"landmarks": 4, **named})


def test_masks_are_refused_with_the_reason():
    """Neither has keys at positions to mask; the message names what has."""
    refused(
        attn.UnsupportedError, "each projected key mixes all keys.*attn.sdpa", "linformer", Q, K, V, E,
        mask=m.causal(),
    )
    refused(
        attn.UnsupportedError, "every query sees all keys through the landmarks.*attn.sdpa", "nystrom",
        Q, K, V, 4, mask=m.causal(),
    )


QN, QR = np.zeros((2, 4, 3, 8), F32), np.zeros((2, 4, 3, 6), F32)
C, KR = np.zeros((2, 7, 10), F32), np.zeros((2, 7, 6), F32)
UK, UV = np.zeros((4, 10, 8), F32), np.zeros((4, 10, 12), F32)

LATENT = [
    (attn.ShapeError, r"q_rope has shape \(2, 4, 2, 6\), expected \(B = 2, H = 4, M = 3, r = 6\)", (QN, QR[:, :, :2], C, KR, UK, UV), {}),
    (attn.ShapeError, r"c has shape \(1, 7, 10\), expected \(B = 2", (QN, QR, C[:1], KR, UK, UV), {}),
    (attn.ShapeError, r"k_rope has shape \(2, 6, 6\), expected \(B = 2, N = 7, r = 6\)", (QN, QR, C, KR[:, :6], UK, UV), {}),
    (attn.ShapeError, r"w_uk has shape \(4, 9, 8\), expected \(H = 4, dc = 10, n = 8\)", (QN, QR, C, KR, UK[:, :9], UV), {}),
    (attn.ShapeError, r"w_uv has shape \(2, 10, 12\), expected \(H = 4, dc = 10, E = 12\)", (QN, QR, C, KR, UK, UV[:2]), {}),
    (attn.ShapeError, "dc = 0 .the width of c, less r.*expected all of them above 0", (QN, QR, KR, None, UK, UV), {}),
    (attn.ShapeError, "q_nope has element type f32, w_uv has f16", (QN, QR, C, KR, UK, UV.astype(F16)), {}),
    (attn.ShapeError, r"q_nope has shape \(4, 3, 8\), expected 4 dimensions", (QN[0], QR, C, KR, UK, UV), {}),
    (attn.ShapeError, "3 queries and 7 keys with a mask that uses query positions", (QN, QR, C, KR, UK, UV), {"mask": m.causal()}),
    (attn.ArgumentError, "form is 'naive', expected 'absorbed', 'expanded' or None", (QN, QR, C, KR, UK, UV), {"form": "naive"}),
    (attn.ArgumentError, "scale is 0, expected a finite number above 0", (QN, QR, C, KR, UK, UV), {"scale": 0}),
]


@pytest.mark.parametrize("error, match, arguments, named", LATENT, ids=[case[1] for case in LATENT])
def test_latent(error, match, arguments, named):
    refused(error, match, "latent", *arguments, **named)


BIASES = [
    (attn.ArgumentError, "rank is None, eps is None: expected one of them", {}),
    (attn.ArgumentError, "rank is 2, eps is 0.1: expected one of them", {"rank": 2, "eps": 0.1}),
    (attn.ArgumentError, r"rank is 7, expected a whole number in 1\.\.6", {"rank": 7}),
    (attn.ArgumentError, "eps is 0, expected a finite number above 0", {"eps": 0}),
    (attn.ArgumentError, "eps is 1e-30, the factors of full rank 6 miss the table by", {"eps": 1e-30}),
]


@pytest.mark.parametrize("error, match, named", BIASES, ids=[case[1] for case in BIASES])
def test_low_rank_bias(error, match, named):
    table = np.random.default_rng(0).standard_normal((6, 8))
    with pytest.raises(error, match=match):
        attn.low_rank_bias(table, **named)


def test_low_rank_bias_shapes():
    with pytest.raises(attn.ShapeError, match=r"table has shape \(3,\), expected finite numbers"):
        attn.low_rank_bias(np.zeros(3), rank=1)
    with pytest.raises(attn.ShapeError, match="expected finite numbers"):
        attn.low_rank_bias(np.full((2, 2), np.inf), rank=1)
    with pytest.raises(attn.ShapeError, match=r"slopes has shape \(1, 1\)"):
        attn.alibi_bias([[1.0]], 3, 3)
    with pytest.raises(attn.ShapeError, match="3 queries and 4 keys: expected align"):
        attn.alibi_bias([1.0], 3, 4)
    factors = attn.low_rank_bias(np.zeros((9, 12)), rank=1)
    with pytest.raises(attn.ShapeError, match="k has shape .* expected the same rows"):
        factors.augment(Q, K[:, :, :5])
    with pytest.raises(attn.UnsupportedError, match="need float32 or float64.*bias= of attn.sdpa"):
        factors.augment(Q.astype(F16), K.astype(F16))
    # A factor w for each of 4 heads, and 2 heads of keys.
    with pytest.raises(attn.ShapeError, match="the same heads if it has any"):
        attn.low_rank_bias(np.zeros((4, 9, 12)), rank=1).augment(Q, K)
