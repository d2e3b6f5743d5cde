"""What must hold of the arguments of linear attention, at the kernel's door and the reference's."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from ._attn import Tensor
from .arrays import as_numpy, wide
from .checks import Problem, check_alike, check_float, check_problem, check_rank
from .errors import ArgumentError, ShapeError
from .feature_maps import FeatureMap, feature_map_of

#: What needs tokens in order.
ORDERED = ("decay", "beta", "state", "state_out", "docs", "delta", "return_state")
#: What is true or false.
FLAGS = ("delta", "causal", "normalize", "return_state")


@dataclass(frozen=True)
class LinearClauses:
    """What `attn.linear` takes beside q, k, v and threads, as it is given; its docstring explains it."""

    decay: Any = None
    beta: Any = None
    state: Any = None
    state_out: Any = None
    docs: Any = None
    delta: bool = False
    causal: bool = False
    normalize: bool = False
    feature_map: Any = None
    scale: float = 1.0
    eps: float | None = None
    return_state: bool = False


@dataclass(frozen=True)
class Linear:
    """The arguments of one linear attention, checked; arrays are viewed."""

    problem: Problem
    features: FeatureMap
    query: Tensor
    key: Tensor
    value: Tensor
    decay: Tensor | None
    beta: Tensor | None
    state: Tensor | None
    docs: Tensor | None
    delta: bool
    causal: bool
    normalize: bool
    scale: float
    eps: float | None

    @property
    def width(self):
        """D', the width of features."""
        return self.features.count(self.problem.D)

    @property
    def state_heads(self):
        """Hs: a state for each query head if anything that makes it has as many heads."""
        batch = 1 if self.problem.batched else 0
        for tensor in (self.decay, self.beta, self.state):
            if tensor is not None:
                heads = tensor.shape[0 if len(tensor.shape) == 1 else batch]
                if heads != self.problem.Hk:
                    return self.problem.H
        return self.problem.Hk

    @property
    def state_shape(self):
        """The extents of the state, without B where the arrays have none."""
        problem = self.problem
        columns = problem.E + 1 if self.normalize else problem.E
        shape = (problem.B, self.state_heads, self.width, columns)
        return shape if problem.batched else shape[1:]


def check_flag(name, value):
    """`value` as a bool; raises `ArgumentError` unless it is one."""
    if not isinstance(value, (bool, np.bool_)):
        raise ArgumentError(f"{name} is {value!r}, expected True or False")
    return bool(value)


def check_per_head(problem, tensor, tails):
    """Raises unless `tensor` is `[B, H', *tail]` of the type of the sums, H' either head count."""
    if tensor.dtype != problem.statistics:
        raise ShapeError(
            f"{tensor.name} has element type {tensor.dtype}, expected {problem.statistics}"
        )
    batch = (problem.B,) if problem.batched else ()
    heads = sorted({problem.Hk, problem.H})
    fitting = [(*batch, h, *tail) for tail in tails for h in heads]
    if tensor.shape not in fitting:
        raise ShapeError(
            f"{tensor.name} has shape {tensor.shape}, "
            f"expected {' or '.join(str(shape) for shape in fitting)}"
        )


def check_decay(problem, decay, width):
    """`decay` viewed; raises unless it holds logarithms of at most 0.

    One number a head may be of another float type, and is converted.
    """
    if isinstance(decay, (list, tuple)):
        decay = np.array(decay, np.float64)
    tensor = Tensor(decay, "decay")
    if len(tensor.shape) == 1:
        check_float(tensor)
        if tensor.shape[0] not in (problem.Hk, problem.H):
            raise ShapeError(
                f"decay has shape {tensor.shape}, expected one number for each of "
                f"{' or '.join(str(h) for h in sorted({problem.Hk, problem.H}))} heads"
            )
        dtype = np.float64 if problem.statistics == "f64" else np.float32
        tensor = Tensor(wide(decay).astype(dtype), "decay")
    else:
        check_per_head(problem, tensor, ((problem.N,), (problem.N, width)))
    values = as_numpy(tensor)
    if values.size:
        highest = float(values.max())
        if not highest <= 0:
            raise ArgumentError(
                f"decay has element {highest}, expected natural logarithms of factors, at most 0"
            )
    return tensor


def check_docs(problem, docs):
    """The documents of `docs` that hold tokens, as i32; raises unless they hold all, in order."""
    if not (hasattr(docs, "__array_interface__") or hasattr(docs, "__dlpack__")):
        docs = np.array(docs, np.int64, ndmin=1)
    tensor = Tensor(docs, "docs")
    if tensor.dtype not in ("i32", "i64"):
        raise ShapeError(f"docs has element type {tensor.dtype}, expected i32 or i64")
    check_rank(tensor, 1)
    bounds = as_numpy(tensor)
    if len(bounds) < 2:
        raise ShapeError(f"docs has {len(bounds)} boundaries, expected 2 or more")
    if bounds[0] != 0 or bounds[-1] != problem.N:
        raise ShapeError(
            f"docs has boundaries {bounds[0]}..{bounds[-1]}, expected 0..{problem.N} for "
            f"{problem.N} tokens"
        )
    steps = np.diff(bounds)
    if (steps < 0).any():
        d = int(np.argmax(steps < 0))
        raise ShapeError(
            f"docs[{d}] is {bounds[d]} and docs[{d + 1}] is {bounds[d + 1]}, "
            "expected ascending boundaries"
        )
    # Empty ones begin nothing; of no tokens at all, one is left.
    bounds = np.unique(bounds) if problem.N else np.zeros(2)
    return Tensor(bounds.astype(np.int32), "docs")


def check_finite(name, value, least=-math.inf):
    """`value` as a finite float of at least `least`; raises `ArgumentError` otherwise."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not (math.isfinite(number) and number >= least):
        above = f" of at least {least:g}" if math.isfinite(least) else ""
        raise ArgumentError(f"{name} is {value!r}, expected a finite number{above}")
    return number


def check_normalize(normalize, eps, delta, features):
    """`eps` as a number or None; raises `ArgumentError` unless sums can be divided by."""
    if not normalize:
        if eps is not None:
            raise ArgumentError(f"eps is {eps!r} without normalize, expected both or neither")
        if features.has_roles:
            raise ArgumentError(
                f"feature_map {features.kind} without normalize: its features have factors that "
                "normalize=True cancels"
            )
        return None
    if delta:
        raise ArgumentError(
            "delta and normalize are given: what the delta rule leaves is no sum of weights"
        )
    if eps is None and not features.positive:
        raise ArgumentError(
            f"normalize divides by sums of products of features, which may be 0 or negative for "
            f"feature_map {features.kind}: expected relu, elu1, exp, softmax, hedgehog, taylor2, "
            "cos or favor, or eps (0.0 where features are known to be positive)"
        )
    return None if eps is None else check_finite("eps", eps, 0.0)


def check_linear(q, k, v, clauses):
    """The `Linear` of the arguments of `attn.linear`; raises if they do not fit."""
    query, key, value = views = Tensor(q, "query"), Tensor(k, "key"), Tensor(v, "value")
    check_float(query)
    check_alike(*views)
    problem = check_problem(*views)
    delta, causal, normalize, _ = (check_flag(name, getattr(clauses, name)) for name in FLAGS)
    if not causal:
        for name in ORDERED:
            argument = getattr(clauses, name)
            if argument if name in FLAGS else argument is not None:
                raise ArgumentError(
                    f"{name} is given without causal=True: it needs tokens in order"
                )
    elif problem.M != problem.N:
        raise ShapeError(
            f"query has length {problem.M}, key has {problem.N}: expected the same with causal=True"
        )
    if delta and clauses.beta is None:
        raise ArgumentError("delta is given without beta, expected beta of shape [B, H, N]")
    features = feature_map_of(clauses.feature_map)
    for length in {problem.M, problem.N}:
        features.check(problem.B, length, problem.D)
    eps = check_normalize(normalize, clauses.eps, delta, features)
    width = features.count(problem.D)
    decay, beta, state = clauses.decay, clauses.beta, clauses.state
    if decay is not None:
        decay = check_decay(problem, decay, width)
    if beta is not None:
        beta = Tensor(beta, "beta")
        check_per_head(problem, beta, ((problem.N,),))
    if state is not None:
        state = Tensor(state, "state")
        check_per_head(problem, state, ((width, problem.E + normalize),))
    linear = Linear(
        problem, features, query, key, value, decay, beta, state,
        None if clauses.docs is None else check_docs(problem, clauses.docs),
        delta, causal, normalize, check_finite("scale", clauses.scale), eps,
    )
    if clauses.state_out is not None:
        check_state_out(linear, Tensor(clauses.state_out, "state_out"))
    return linear


def check_state_out(linear, tensor):
    """Raises `ShapeError` unless `tensor` is like the state that results."""
    expected = linear.problem.statistics
    if tensor.dtype != expected:
        raise ShapeError(f"state_out has element type {tensor.dtype}, expected {expected}")
    if tensor.shape != linear.state_shape:
        raise ShapeError(f"state_out has shape {tensor.shape}, expected {linear.state_shape}")


def check_features(x, features, role):
    """Raises unless `features` can be made of `x`."""
    check_float(x)
    check_rank(x, 3, 4)
    if role not in ("query", "key"):
        raise ArgumentError(f"role is {role!r}, expected 'query' or 'key'")
    B = x.shape[0] if len(x.shape) == 4 else 1
    N, D = x.shape[-2:]
    if D == 0:
        raise ShapeError(f"x has shape {x.shape}, expected a width above 0")
    features.check(B, N, D)
