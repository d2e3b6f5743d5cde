"""Feature maps of linear attention: rows φ(x) whose products stand for a kernel of query and key.

    from attn import feature_maps

    o = attn.linear(q, k, v, feature_map="elu1", normalize=True)
    o = attn.linear(q, k, v, feature_map=feature_maps.favor(256, seed=1), normalize=True)

Maps without parameters are known by their names: relu, elu1, exp, softmax, hedgehog and
taylor2. Each map is one class, which says how many features it makes of a row, what they
are in NumPy, and how IR names it.
"""

from __future__ import annotations

import functools
import math

import numpy as np

from ._attn import Tensor
from .arrays import as_numpy
from .block_maps import extent_of
from .checks import check_rank
from .errors import ArgumentError, ShapeError
from .masks import check_extent
from .text import tensor_type
from .tracing import trace_pointwise


class FeatureMap:
    """A map of rows of D elements to rows of features; this one makes none, φ(x) = x."""

    #: The kind, as IR spells it.
    kind = "identity"
    #: True if no product φ(q) φ(k) is negative.
    positive = False
    #: True if queries and keys have features of their own.
    has_roles = False

    def count(self, D):
        """How many features a row of D elements has."""
        return D

    def check(self, B, N, D):
        """Raises unless the map is one of B batch elements of N rows of D."""

    def features(self, x, role):
        """φ(x) in the type of x, `[B, H, N, D]`; role is "query" or "key"."""
        return x

    def clauses(self, function, inputs, D, statistics):
        """The text of the clauses; adds the arrays they read to the function and to `inputs`."""
        return ""

    def region(self, statistics):
        """The text of the program on an element; none for maps of a name."""
        return ""

    def __repr__(self):
        return f"<feature map {self.kind}>"


class Positive(FeatureMap):
    """Maps of which no product is negative, so that their sums can be divided by."""

    positive = True


class Relu(Positive):
    """max(x, 0)."""

    kind = "relu"

    def features(self, x, role):
        return np.maximum(x, 0)


class Elu1(Positive):
    """x + 1 where x > 0, else exp(x). Paper: Linear Transformer, arXiv:2006.16236."""

    kind = "elu1"

    def features(self, x, role):
        return np.where(x > 0, x + 1, np.exp(np.minimum(x, 0)))


class Exp(Positive):
    """exp(x)."""

    kind = "exp"

    def features(self, x, role):
        return np.exp(x)


class Softmax(Positive):
    """softmax over the elements of the row. Paper: Efficient Attention, arXiv:1812.01243."""

    kind = "softmax"

    def features(self, x, role):
        p = np.exp(x - x.max(-1, keepdims=True))
        return p / p.sum(-1, keepdims=True)


class Hedgehog(Softmax):
    """[softmax(x), softmax(-x)], x being W x' of the paper. Paper: Hedgehog, arXiv:2402.04347."""

    kind = "hedgehog"

    def count(self, D):
        return 2 * D

    def features(self, x, role):
        softmax = super().features
        return np.concatenate([softmax(x, role), softmax(-x, role)], -1)


class Taylor2(Positive):
    """1, y, y_a y_b for a < b, y_a^2 / sqrt(2), with y = x / D^(1/4).

    φ(q) φ(k) = 1 + s + s^2 / 2 with s = q k / sqrt(D): the exponential to second order, which
    is never below 1/2. The products are in the order (0, 0), (0, 1), …, (1, 1), (1, 2), …
    Paper: Based, arXiv:2402.18668.
    """

    kind = "taylor2"

    def count(self, D):
        return 1 + D + D * (D + 1) // 2

    def features(self, x, role):
        y = x * x.shape[-1] ** -0.25
        a, b = np.triu_indices(x.shape[-1])
        products = y[..., a] * y[..., b] * np.where(a == b, 0.5**0.5, 1).astype(x.dtype)
        return np.concatenate([np.ones_like(y[..., :1]), y, products], -1)


class Cos(Positive):
    """What `cos` makes."""

    kind = "cos"

    def __init__(self, length, offset):
        self.length = check_extent("length", length, 1)
        self.offset = np.array(offset, np.int64, ndmin=1)
        if self.offset.ndim != 1 or np.any(self.offset != np.asarray(offset)):
            raise ArgumentError(
                f"offset is {offset!r}, expected whole numbers, one a batch element"
            )

    def count(self, D):
        return 2 * D

    def check(self, B, N, D):
        count = len(self.offset)
        if count not in (1, B):
            raise ShapeError(f"cos has {count} offsets, expected 1 or {B} for a batch of {B}")
        if N and (self.offset.min() < 0 or self.offset.max() + N > self.length):
            raise ShapeError(
                f"cos has length {self.length}, rows are at positions {self.offset.min()}.."
                f"{self.offset.max() + N - 1}: expected them in 0..{self.length - 1}"
            )

    def features(self, x, role):
        positions = self.offset[:, None] + np.arange(x.shape[-2])
        angles = (positions * (math.pi / (2 * self.length)))[:, None, :, None].astype(x.dtype)
        x = np.maximum(x, 0)
        return np.concatenate([x * np.cos(angles), x * np.sin(angles)], -1)

    def clauses(self, function, inputs, D, statistics):
        function.line("%zero = arith.constant 0 : index")
        text = f" length({extent_of(function, inputs, 'length', self.length)})"
        if self.offset.any():
            argument_type = tensor_type("i32", None)
            argument = function.argument("offset", argument_type)
            inputs.append(Tensor(self.offset.astype(np.int32), "offset"))
            text += f" offset({argument} : {argument_type})"
        return text


class Favor(Positive):
    """What `favor` makes."""

    kind = "favor"
    has_roles = True

    def __init__(self, features, seed):
        self.given = None
        if hasattr(features, "__array__") or hasattr(features, "__dlpack__"):
            view = Tensor(features, "features")
            check_rank(view, 2)
            if view.dtype not in ("f32", "f64") or 0 in view.shape:
                raise ShapeError(
                    f"features has shape {view.shape} and element type {view.dtype}, "
                    "expected [m, D] of f32 or f64"
                )
            self.given = np.array(as_numpy(view), np.float32)
            self.m = len(self.given)
        else:
            self.m = check_extent("features", features, 1)
        self.seed = check_extent("seed", seed)

    def omega(self, D):
        """Ω `[m, D]`."""
        return random_directions(self.m, D, self.seed) if self.given is None else self.given

    def count(self, D):
        return self.m

    def check(self, B, N, D):
        width = self.omega(D).shape[1]
        if width != D:
            raise ShapeError(f"features of favor have width {width}, rows have {D}")

    def features(self, x, role):
        omega = self.omega(x.shape[-1]).astype(x.dtype)
        y = x * x.shape[-1] ** -0.25
        exponents = y @ omega.T - (y * y).sum(-1, keepdims=True) / 2
        if role == "query":
            shift = exponents.max(-1, keepdims=True)
        else:
            shift = x.shape[-1] / 4
        return np.exp(exponents - shift) * self.m**-0.5

    def clauses(self, function, inputs, D, statistics):
        argument_type = tensor_type(statistics, self.m, D)
        argument = function.argument("omega", argument_type)
        dtype = np.float64 if statistics == "f64" else np.float32
        inputs.append(Tensor(self.omega(D).astype(dtype), "omega"))
        return f" features({argument} : {argument_type})"


class Pointwise(FeatureMap):
    """A function of an element, traced once a call."""

    kind = "pointwise"

    def __init__(self, function):
        self.function = function

    def features(self, x, role):
        return np.broadcast_to(self.function(x), x.shape)

    def region(self, statistics):
        return trace_pointwise(self.function, statistics)


IDENTITY = FeatureMap()
NAMED = {kind.kind: kind() for kind in (Relu, Elu1, Exp, Softmax, Hedgehog, Taylor2)}


@functools.lru_cache(maxsize=16)
def random_directions(m, D, seed):
    """`[m, D]`: blocks of D orthogonal rows, as long as rows of D normal numbers are."""
    rng = np.random.default_rng(seed)
    blocks = []
    for _ in range(-(-m // D)):
        directions, r = np.linalg.qr(rng.standard_normal((D, D)))
        lengths = np.linalg.norm(rng.standard_normal((D, D)), axis=1)
        blocks.append(lengths[:, None] * (directions * np.sign(np.diagonal(r))).T)
    omega = np.concatenate(blocks)[:m].astype(np.float32)
    omega.flags.writeable = False
    return omega


def favor(features=256, seed=0):
    """Positive random features, an estimate of softmax attention.

        φ(x) = exp(Ω y - |y|^2 / 2 - c) / sqrt(m), y = x / D^(1/4)

    The expectation of φ(q) φ(k) is exp(q k / sqrt(D)), times factors exp(-c) that
    `normalize`, which it needs, cancels: c is the largest exponent of the row for queries, and
    D / 4 for keys. The error grows with |q| |k| exponentially, and falls with
    sqrt(m): good for small norms only, whatever m is.

    Args:
        features: m; or Ω itself, an array `[m, D]`.
        seed: of Ω, whose rows are orthogonal in blocks of D and as long as normal ones.

    Paper: Performer, arXiv:2009.14794.

    >>> o = attn.linear(q, k, v, feature_map=feature_maps.favor(64, seed=1), normalize=True)
    """
    return Favor(features, seed)


def cos(length, offset=0):
    """Features of cosFormer: near keys count more.

        φ(x) = [relu(x) cos(a), relu(x) sin(a)], a = pi p / (2 length) at position p
        φ(q) φ(k) = relu(q) relu(k) cos(pi (i - j) / (2 length))

    Args:
        length: more than every position of queries and of keys.
        offset: the position of row 0, one number or one for each batch element.

    Paper: cosFormer, arXiv:2202.08791.

    >>> o = attn.linear(q, k, v, feature_map=feature_maps.cos(6), normalize=True)
    """
    return Cos(length, offset)


def feature_map_of(feature_map):
    """The `FeatureMap` for a name, a map, a function of an element, or None."""
    if feature_map is None:
        return IDENTITY
    if isinstance(feature_map, FeatureMap):
        return feature_map
    if isinstance(feature_map, str) and feature_map in NAMED:
        return NAMED[feature_map]
    if callable(feature_map) and not isinstance(feature_map, type):
        return Pointwise(feature_map)
    raise ArgumentError(
        f"feature_map is {feature_map!r}, expected {', '.join(map(repr, NAMED))}, "
        "attn.feature_maps.favor(…) or .cos(…), or a function of an element"
    )
