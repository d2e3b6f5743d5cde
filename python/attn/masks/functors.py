"""Masks on other coordinates: blocks, the axes of a grid, the masks of single heads."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

from ..errors import ArgumentError, ShapeError
from .atoms import check_extent, near
from .draws import Draw
from .expressions import MOST_EXTENT, Compound
from .text import on_other_positions


def ceil_div(n, b):
    """n / b, rounded up."""
    return -(-n // b)


def check_extents(name, extents):
    """A tuple of integers from 1 on."""
    if not isinstance(extents, Iterable) or isinstance(extents, str):
        raise ArgumentError(f"{name} is part of {extents!r}, expected a list of integers")
    return tuple(check_extent(name, extent, 1) for extent in extents)


@dataclass(frozen=True, init=False)
class block(Compound):
    """A mask on blocks of b queries and b keys: M(i // b, j // b), on ceil(N / b) keys.

    Positions are (i + o) // b, raw rows i // b; arrays inside have one element a block.

    >>> masks.block(2, masks.causal()).materialize(4, 4).astype(int)
    array([[1, 1, 0, 0],
           [1, 1, 0, 0],
           [1, 1, 1, 1],
           [1, 1, 1, 1]])
    """

    b: int

    def __init__(self, b, mask):
        object.__setattr__(self, "b", check_extent("b of block", b, 1))
        super().__init__((mask,))

    def check(self, B, M, N, H=None):
        self.masks[0].check(B, ceil_div(M, self.b), ceil_div(N, self.b), H)

    def evaluate(self, pairs):
        b = self.b
        return self.masks[0].evaluate(
            replace(
                pairs,
                M=ceil_div(pairs.M, b),
                N=ceil_div(pairs.N, b),
                i=pairs.i // b,
                position=pairs.position // b,
                j=pairs.j // b,
            )
        )

    def mlir(self, operands):
        outside, b = getattr(operands, "extents", None), self.b
        inside = {}
        if outside is not None:
            first = outside.offset // b
            last = (outside.offset + outside.M - 1) // b
            inside = {"M": last - first + 1, "N": ceil_div(outside.N, b), "offset": first}
        with on_other_positions(operands, **inside):
            return f"block<{b}, {self.masks[0].mlir(operands)}>"


class per_head(Compound):
    """A mask for each of the H query heads: `per_head([a, b, …])`."""

    uses_head = True

    def __init__(self, masks):
        super().__init__(tuple(masks))
        if not self.masks:
            raise ArgumentError("per_head got no masks, expected one for each head")

    def check(self, B, M, N, H=None):
        if H not in (None, len(self.masks)):
            raise ShapeError(
                f"per_head has {len(self.masks)} masks, expected one for each of {H} heads"
            )
        super().check(B, M, N, H)

    def evaluate(self, pairs):
        if pairs.h >= len(self.masks):
            raise ShapeError(f"per_head has {len(self.masks)} masks, head {pairs.h} has none")
        return self.masks[pairs.h].evaluate(pairs)

    def mlir(self, operands):
        return f"per_head[{', '.join(mask.mlir(operands) for mask in self.masks)}]"


def check_on_axis(mask, points):
    """Raises `ArgumentError` unless every `near` in `mask` has a middle and fits `points`."""
    if isinstance(mask, near) and mask.n and not (mask.n % 2 and mask.n <= points):
        raise ArgumentError(
            f"near({mask.n}) on an axis of {points} points, expected an odd number up to {points}"
        )
    if isinstance(mask, Draw):
        raise ArgumentError(f"{type(mask).__name__} inside of grid, expected it outside")
    if isinstance(mask, block):
        points = ceil_div(points, mask.b)
    for part in mask.parts():
        check_on_axis(part, points)


@dataclass(frozen=True, init=False)
class grid(Compound):
    """A mask for each axis of an image or a video: `grid([H, W], [rows, columns], box=None)`.

    The N keys are the points of a grid, the last axis running fastest, and a pair is kept
    iff each mask keeps its two coordinates on its axis. A query has those of the point at its
    absolute position i + o, as position and as row; one that stands on no point sees nothing.
    `near` keeps as many points at a border as elsewhere, `window` is cut off.

    With `box=(8, 8)`, each a divisor of its axis, keys and queries come box by box: boxes in
    the order of the grid, the points of each one after another, the last axis running fastest
    in both. Kernels order points that way by themselves where it pays and M = N; say it if
    yours already come so.

    >>> mask = masks.grid([2, 3], [masks.full(), masks.window(0, 0)])
    >>> mask.materialize(6, 6)[1].reshape(2, 3).astype(int)
    array([[0, 1, 0],
           [0, 1, 0]])

    Paper: Neighborhood Attention Transformer, arXiv:2204.07143.
    """

    shape: tuple
    box: tuple | None
    uses_position = True
    fixes_length = True

    def __init__(self, shape, masks, box=None):
        shape = check_extents("an axis of grid", shape)
        object.__setattr__(self, "shape", shape)
        super().__init__(tuple(masks))
        if len(shape) != len(self.masks) or not shape:
            raise ArgumentError(
                f"grid has {len(shape)} axes and {len(self.masks)} masks, "
                "expected a mask for each axis"
            )
        if math.prod(shape) > MOST_EXTENT:
            raise ArgumentError(f"grid {shape} has more than {MOST_EXTENT} points")
        for points, mask in zip(shape, self.masks):
            check_on_axis(mask, points)
        if box is not None:
            box = check_extents("a box of grid", box)
            if len(box) != len(shape) or any(n % size for n, size in zip(shape, box)):
                raise ArgumentError(
                    f"grid {shape} has boxes of {box}, expected a divisor of each axis"
                )
        object.__setattr__(self, "box", box)

    def check(self, B, M, N, H=None):
        points = math.prod(self.shape)
        if points != N:
            raise ShapeError(
                f"grid {self.shape} has {points} points, expected one for each of {N} keys"
            )
        for points, mask in zip(self.shape, self.masks):
            mask.check(B, points, points, H)

    def coordinates(self, points):
        """The coordinates of `points` on each axis."""
        sizes = self.box or (1,) * len(self.shape)
        unit, unit_of_box, result = math.prod(sizes), 1, []
        for extent, size in zip(reversed(self.shape), reversed(sizes)):
            boxes = extent // size
            result.append(points // unit % boxes * size + points // unit_of_box % size)
            unit *= boxes
            unit_of_box *= size
        return reversed(result)

    def evaluate(self, pairs):
        result = (pairs.position >= 0) & (pairs.position < math.prod(self.shape))
        places = zip(self.coordinates(pairs.position), self.coordinates(pairs.j))
        for extent, mask, (at, key) in zip(self.shape, self.masks, places):
            axis = replace(pairs, M=extent, N=extent, i=at, position=at, j=key)
            result = result & mask.evaluate(axis)
        return result

    def mlir(self, operands):
        shape = ", ".join(map(str, self.shape))
        inner = []
        for extent, mask in zip(self.shape, self.masks):
            with on_other_positions(operands, M=extent, N=extent, offset=0):
                inner.append(mask.mlir(operands))
        box = f", box [{', '.join(map(str, self.box))}]" if self.box else ""
        return f"grid<[{shape}], [{', '.join(inner)}]{box}>"
