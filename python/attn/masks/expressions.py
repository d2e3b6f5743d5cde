"""What every mask is: a predicate over pairs, and what `&`, `|` and `~` make of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..errors import ArgumentError, ShapeError

ALIGNMENTS = ("top_left", "bottom_right")
#: The largest extent, and the most levels of masks in masks, that IR takes.
MOST_EXTENT, MOST_DEPTH = 2**31 - 1, 64


@dataclass(frozen=True)
class Pairs:
    """The pairs of one head on which a mask is evaluated."""

    #: The numbers of queries and of keys.
    M: int
    N: int
    b: int
    h: int
    #: Raw query rows, [M, 1].
    i: np.ndarray
    #: Absolute query positions, [M, 1].
    position: np.ndarray
    #: Key positions, [1, N].
    j: np.ndarray


class Mask:
    """A predicate over (query, key); combine masks with `&`, `|` and `~`."""

    #: True if the predicate depends on the absolute position of the query.
    uses_position = False
    #: True if heads may keep different pairs.
    uses_head = False
    #: True if M and N, where they are equal, follow from the mask.
    fixes_length = False
    #: The levels of masks made of masks.
    depth = 0

    def __and__(self, other):
        return combine(All, self, other)

    def __or__(self, other):
        return combine(Any, self, other)

    def __invert__(self):
        return Not(self)

    def parts(self):
        """The masks that this one is made of."""
        return ()

    def evaluate(self, pairs: Pairs):
        """The predicate on `pairs`, broadcastable to bool [M, N]."""
        raise NotImplementedError

    def mlir(self, operands: list) -> str:
        """The expression as IR text; what it reads is appended to `operands`, `Operands`.

        Operand number n appears in the text as `%mask<n>`.
        """
        raise NotImplementedError

    def check(self, B: int | None, M: int, N: int, H: int | None = None):
        """Raises `ShapeError` if the mask does not fit the problem.

        B and H are None where they are not known.
        """
        for part in self.parts():
            part.check(B, M, N, H)

    def materialize(self, M: int, N: int, b: int = 0, h: int = 0, align: str | None = None):
        """The mask of batch element `b` and head `h` as a bool array [M, N].

        `align` is needed where M and N differ and the mask uses query positions.

        >>> masks.causal().materialize(2, 3, align="bottom_right").astype(int)
        array([[1, 1, 0],
               [1, 1, 1]])
        """
        if M < 0 or N < 0 or b < 0 or h < 0:
            raise ArgumentError(f"M={M}, N={N}, b={b}, h={h}: expected numbers not below 0")
        offset = query_offset(self, M, N, align)
        self.check(None, M, N)
        i, j = np.arange(M)[:, None], np.arange(N)[None, :]
        return np.array(np.broadcast_to(self.evaluate(Pairs(M, N, b, h, i, i + offset, j)), (M, N)))

    def stats(self, M, N, *, block=(128, 128), align=None, b=0, h=0):
        """What the mask costs on M queries and N keys: an `attn.mask_runs.MaskStats`.

        Counted by the arithmetic with which kernels bound their loops, for tiles of
        `block` = (bq, bk) of batch element b and head h: in about a millisecond for a
        million by a million, after the first question, which compiles it.

        Raises `ShapeError` and `ArgumentError` as `materialize` does.

        >>> print(masks.causal().stats(1024, 1024))
        36 of 64 tiles of 128 x 128 visited (28 full, 8 partial), 43.8% saved, density 0.5, \
imbalance 1.78
        """
        from ..mask_runs import mask_stats

        return mask_stats(self, M, N, block=block, align=align, b=b, h=h)

    def to_html(self, path, M=1024, N=None, *, block=(128, 128), align=None, b=0, h=0):
        """Writes a page that shows the mask: tiles visited, their costs, single pairs.

        One file that needs no other; N is M if None. Arguments and errors as of `stats`;
        OSError if the file cannot be written. See docs/HowTo/SeeMask.md.
        """
        from ..mask_page import mask_page

        text = mask_page(self, M, M if N is None else N, block=block, align=align, b=b, h=h)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)


def check_align(align):
    """Raises `ArgumentError` unless `align` is None or names an alignment."""
    if align is not None and align not in ALIGNMENTS:
        raise ArgumentError(f"align is {align!r}, expected 'top_left' or 'bottom_right'")


def query_offset(mask, M: int, N: int, align) -> int:
    """The position of query 0 on the key axis; refuses to guess it."""
    check_align(align)
    if align is None and M != N and mask.uses_position:
        raise ShapeError(
            f"{M} queries and {N} keys with a mask that uses query positions: "
            "expected align='top_left' or align='bottom_right'"
        )
    return N - M if align == "bottom_right" else 0


def combine(kind, left, right):
    """`kind` of two masks, flattened, or NotImplemented for what is no mask."""
    if not isinstance(right, Mask):
        return NotImplemented
    masks = []
    for mask in (left, right):
        masks += mask.masks if isinstance(mask, kind) else (mask,)
    return kind(tuple(masks))


@dataclass(frozen=True)
class Compound(Mask):
    """A mask made of masks."""

    masks: tuple

    def __post_init__(self):
        for mask in self.masks:
            if not isinstance(mask, Mask):
                raise ArgumentError(
                    f"{type(self).__name__} got a {type(mask).__name__}, expected a mask"
                )
        depth = 1 + max((mask.depth for mask in self.masks), default=0)
        if depth >= MOST_DEPTH:
            raise ArgumentError(f"masks nest deeper than {MOST_DEPTH} levels")
        object.__setattr__(self, "depth", depth)

    @property
    def uses_position(self):
        return any(mask.uses_position for mask in self.masks)

    @property
    def uses_head(self):
        return any(mask.uses_head for mask in self.masks)

    def parts(self):
        return self.masks

    def mlir(self, operands):
        inner = ", ".join(mask.mlir(operands) for mask in self.masks)
        return f"{type(self).__name__.lower()}({inner})"


class All(Compound):
    """Pairs that every mask keeps: `a & b`."""

    def evaluate(self, pairs):
        result = np.ones((1, 1), bool)
        for mask in self.masks:
            result = result & mask.evaluate(pairs)
        return result


class Any(Compound):
    """Pairs that some mask keeps: `a | b`."""

    def evaluate(self, pairs):
        result = np.zeros((1, 1), bool)
        for mask in self.masks:
            result = result | mask.evaluate(pairs)
        return result


class Not(Compound):
    """Pairs that a mask drops: `~a`."""

    def __init__(self, mask):
        super().__init__((mask,))

    def __invert__(self):
        return self.masks[0]

    def evaluate(self, pairs):
        return ~self.masks[0].evaluate(pairs)
