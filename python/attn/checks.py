"""What must hold of the arguments before anything is compiled or computed.

Every message names the extents with their values and what was expected instead.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from ._attn import Tensor
from .errors import ArgumentError, ShapeError
from .masks import Mask, query_offset

FLOATS = ("f32", "f64", "f16", "bf16")
# Keys and values may be these: numbers of 8 bits that a scale multiplies.
QUANTISED = ("i8", "f8E4M3FN")


@dataclass(frozen=True)
class Problem:
    """The extents of one attention; B is 1 where the arrays have no batch."""

    dtype: str
    batched: bool
    B: int
    H: int
    Hk: int
    M: int
    N: int
    D: int
    E: int

    @property
    def statistics(self):
        """The element type of scores, log-sum-exp and sinks."""
        return "f64" if self.dtype == "f64" else "f32"

    @property
    def scores(self):
        """The extents of the scores, without B where the arrays have none."""
        extents = (self.B, self.H, self.M, self.N)
        return extents if self.batched else extents[1:]


@dataclass(frozen=True)
class Clauses:
    """What modifies the scores: the arguments that sdpa, weights and layer share."""

    mask: Mask | None = None
    align: str | None = None
    scale: float | None = None
    softcap: float | None = None
    bias: Tensor | None = None
    sinks: Tensor | None = None


def check_float(tensor):
    """Raises `ShapeError` unless the elements are of a type that attention is computed in."""
    if tensor.dtype not in FLOATS:
        raise ShapeError(
            f"{tensor.name} has element type {tensor.dtype}, expected one of {', '.join(FLOATS)}"
        )


def check_quantised(query, tensor, scale):
    """Raises `ShapeError` unless key or value fit the query in type, and their scale them."""
    if tensor.dtype not in (query.dtype, *QUANTISED):
        raise ShapeError(
            f"query has element type {query.dtype}, {tensor.name} has {tensor.dtype}: expected "
            f"the same, or {' or '.join(QUANTISED)} with {tensor.name}_scale"
        )
    if tensor.dtype in QUANTISED and query.dtype == "f64":
        raise ShapeError(
            f"query has element type f64, {tensor.name} has {tensor.dtype}: "
            "expected f32, f16 or bf16 to go with it"
        )
    if scale is None:
        if tensor.dtype in QUANTISED:
            raise ShapeError(
                f"{tensor.name} has element type {tensor.dtype}, expected {tensor.name}_scale "
                f"of shape {tensor.shape[:-1]}"
            )
        return
    if scale.dtype != "f32":
        raise ShapeError(f"{scale.name} has element type {scale.dtype}, expected f32")
    if scale.shape != tensor.shape[:-1]:
        raise ShapeError(
            f"{scale.name} has shape {scale.shape}, {tensor.name} has {tensor.shape}: "
            f"expected {tensor.shape[:-1]}"
        )


def check_alike(first, *others):
    """Raises `ShapeError` unless all have the element type of the first."""
    for other in others:
        if other.dtype != first.dtype:
            raise ShapeError(
                f"{first.name} has element type {first.dtype}, {other.name} has {other.dtype}: "
                "expected the same"
            )


def check_rank(tensor, *ranks):
    """Raises `ShapeError` unless the number of dimensions is one of `ranks`."""
    if len(tensor.shape) not in ranks:
        raise ShapeError(
            f"{tensor.name} has shape {tensor.shape}, expected "
            f"{' or '.join(str(rank) for rank in ranks)} dimensions"
        )


def check_number(name, value):
    """`value` as a float above 0, or None; raises `ArgumentError` otherwise."""
    if value is None:
        return None
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not (math.isfinite(number) and number > 0):
        raise ArgumentError(f"{name} is {value!r}, expected a finite number above 0")
    return number


def check_threads(threads):
    """The number of threads as the C API takes it, 0 for the default."""
    if threads is None:
        return 0
    whole = isinstance(threads, (int, np.integer)) and not isinstance(threads, bool)
    if not whole or threads < 0:
        raise ArgumentError(f"threads is {threads!r}, expected a whole number not below 0, or None")
    return int(threads)


def check_problem(query, key, value=None, key_scale=None, value_scale=None):
    """The extents of query, key and value; raises `ShapeError` if they do not fit.

    Without a value, E is D.
    """
    tensors = [query, key] if value is None else [query, key, value]
    check_float(query)
    check_rank(query, 3, 4)
    for other, scale in zip(tensors[1:], (key_scale, value_scale)):
        check_quantised(query, other, scale)
        if len(other.shape) != len(query.shape):
            raise ShapeError(
                f"query has shape {query.shape}, {other.name} has {other.shape}: "
                "expected the same number of dimensions"
            )
    batched = len(query.shape) == 4
    B, H, M, D = query.shape if batched else (1, *query.shape)
    Bk, Hk, N, Dk = key.shape if batched else (1, *key.shape)
    if Bk != B:
        raise ShapeError(f"query has batch {B}, key has {Bk}: expected the same")
    if Dk != D:
        raise ShapeError(f"query has width {D}, key has {Dk}: expected the same")
    if not (H > 0 and Hk > 0 and D > 0):
        raise ShapeError(
            f"query has shape {query.shape}, key has {key.shape}: expected heads and width above 0"
        )
    if H % Hk:
        raise ShapeError(
            f"query has {H} heads, key has {Hk}: "
            "the query heads must be a multiple of the key heads"
        )
    E = D
    if value is not None:
        Bv, Hv, Nv, E = value.shape if batched else (1, *value.shape)
        for what, ours, theirs in (("batch", Bk, Bv), ("heads", Hk, Hv), ("length", N, Nv)):
            if ours != theirs:
                raise ShapeError(f"key has {what} {ours}, value has {theirs}: expected the same")
        if E == 0:
            raise ShapeError(f"value has shape {value.shape}, expected a width above 0")
    return Problem(query.dtype, batched, B, H, Hk, M, N, D, E)


def check_clauses(problem, *, mask, align, scale, softcap, bias, sinks):
    """The clauses with their arrays viewed; raises if one does not fit the problem."""
    if mask is not None and not isinstance(mask, Mask):
        raise ArgumentError(
            f"mask is a {type(mask).__name__}, expected an expression of attn.masks"
        )
    clauses = Clauses(mask, align, check_number("scale", scale), check_number("softcap", softcap))
    query_offset(mask or Mask(), problem.M, problem.N, align)
    if mask is not None:
        mask.check(problem.B, problem.M, problem.N, problem.H)
    if bias is not None:
        clauses = replace(clauses, bias=check_bias(problem, Tensor(bias, "bias")))
    if sinks is not None:
        clauses = replace(clauses, sinks=check_sinks(problem, sinks))
    return clauses


def check_score(clauses, score):
    """Raises `ArgumentError` if a score program comes with what it would replace."""
    for name in ("softcap", "bias"):
        if score is not None and getattr(clauses, name) is not None:
            raise ArgumentError(
                f"score and {name} are given: expected the score program to contain it"
            )


def check_normalize(clauses, normalize, return_lse):
    """Raises `ArgumentError` unless `normalize` is a truth value that goes with the rest."""
    if not isinstance(normalize, (bool, np.bool_)):
        raise ArgumentError(f"normalize is {normalize!r}, expected True or False")
    for name, given in (("sinks", clauses.sinks is not None), ("return_lse", return_lse)):
        if given and not normalize:
            raise ArgumentError(
                f"normalize is False and {name} is given: expected one of them, for without "
                "softmax there are no exponentials to sum"
            )


def check_bias(problem, bias):
    """`bias`; raises `ShapeError` unless it broadcasts to the scores."""
    if bias.dtype not in (problem.dtype, "f32"):
        raise ShapeError(
            f"bias has element type {bias.dtype}, query has {problem.dtype}: "
            "expected that of query, or f32"
        )
    check_rank(bias, len(problem.scores))
    names = ("batch", "heads", "queries", "keys")[-len(problem.scores) :]
    for name, extent, full in zip(names, bias.shape, problem.scores):
        if extent not in (1, full):
            raise ShapeError(
                f"bias has shape {bias.shape}, the scores have {problem.scores}: "
                f"expected 1 or {full} for the {name}, not {extent}"
            )
    return bias


def check_sinks(problem, sinks):
    """`sinks` viewed in the type of the scores; raises `ShapeError` unless it is one a head.

    The few numbers of another type are converted.
    """
    tensor = Tensor(sinks, "sinks")
    check_float(tensor)
    if tensor.shape != (problem.H,):
        raise ShapeError(
            f"sinks has shape {tensor.shape}, query has {problem.H} heads: "
            f"expected ({problem.H},)"
        )
    if tensor.dtype != problem.statistics:
        wide = np.float64 if problem.statistics == "f64" else np.float32
        array = sinks if hasattr(sinks, "__array__") else np.from_dlpack(sinks)
        tensor = Tensor(np.asarray(array).astype(wide), "sinks")
    return tensor
