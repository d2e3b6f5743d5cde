"""Masks of random keys: those with the smallest hashes of their candidates."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ..errors import ShapeError
from .atoms import check_extent, full
from .expressions import Compound

MOST_SEED = 2**64 - 1


def mix(value):
    """A step of splitmix64 on uint64, one to one.

    Paper: Steele, Lea, Flood, "Fast splittable pseudorandom number generators",
    doi:10.1145/2660193.2660195.
    """
    with np.errstate(over="ignore"):
        value = value + np.uint64(0x9E3779B97F4A7C15)
        value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        value = (value ^ (value >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return value ^ (value >> np.uint64(31))


def hash_of(seed, h, i, j):
    """mix(mix(mix(mix(seed) ^ h) ^ i) ^ j) on arrays that broadcast, uint64."""
    value = mix(np.asarray(seed, np.uint64))
    for index in (h, i, j):
        value = mix(value ^ np.asarray(index).astype(np.uint64))
    return value


class Draw(Compound):
    """A mask that keeps r of its candidates. `seed` is a number in 0..2**64 - 1."""

    uses_head = True

    def set_draw(self, r, seed):
        """Sets the checked parameters."""
        name = type(self).__name__
        object.__setattr__(self, "r", check_extent(f"r of {name}", r, 1))
        object.__setattr__(self, "seed", check_extent(f"seed of {name}", seed, most=MOST_SEED))

    def draw(self, pairs, candidates):
        """The drawn ones of `pairs`; `candidates` is a mask."""
        row = replace(pairs, j=np.arange(pairs.N)[None, :])
        hashes = hash_of(self.seed, pairs.h, pairs.i, row.j)
        kept = np.broadcast_to(candidates.evaluate(row), hashes.shape)
        hashes = np.where(kept, hashes, np.uint64(MOST_SEED))
        if self.r < pairs.N:
            limits = np.partition(hashes, self.r - 1, axis=1)[:, self.r - 1 : self.r]
        else:
            limits = np.uint64(MOST_SEED)
        is_drawn = hash_of(self.seed, pairs.h, pairs.i, pairs.j) <= limits
        return is_drawn & candidates.evaluate(pairs)


@dataclass(frozen=True, init=False)
class random(Draw):
    """r random keys for each query and head: `random(r, seed, within=None)`.

    Kept are the r keys j with the smallest hash(seed, h, i, j), h the query head and i the
    raw row: every subset is as likely, all machines and batch elements draw the same. With
    `within`, a mask, those of the keys that it keeps, all of them where they are fewer than
    r. Inside of `block` blocks are drawn; not inside of `grid`.

    Raises `ShapeError` where r is more than the N keys.

    >>> masks.random(2, seed=1).materialize(3, 8).sum(axis=1)
    array([2, 2, 2])

    Papers: BigBird, arXiv:2007.14062; splitmix64, doi:10.1145/2660193.2660195.
    """

    r: int
    seed: int

    def __init__(self, r, seed, within=None):
        self.set_draw(r, seed)
        super().__init__(() if within is None else (within,))

    def check(self, B, M, N, H=None):
        if not self.masks and self.r > N:
            raise ShapeError(f"random draws {self.r} of {N} keys, expected no more than there are")
        super().check(B, M, N, H)

    def evaluate(self, pairs):
        return self.draw(pairs, self.masks[0] if self.masks else full())

    def mlir(self, operands):
        within = "".join(f", within {mask.mlir(operands)}" for mask in self.masks)
        return f"random<{self.r}, {self.seed}{within}>"


@dataclass(frozen=True, init=False)
class plus_random(Draw):
    """A mask, and r random keys besides: `plus_random(r, seed, mask, within=None)`.

    Drawn as by `random` from the keys that `mask` drops, with `within` from those of them
    that it keeps; all of them where they are fewer than r.

    >>> masks.plus_random(1, 7, masks.causal()).materialize(4, 4).sum(axis=1)
    array([2, 3, 4, 4])

    Paper: BigBird, arXiv:2007.14062.
    """

    r: int
    seed: int

    def __init__(self, r, seed, mask, within=None):
        self.set_draw(r, seed)
        super().__init__((mask,) if within is None else (mask, within))

    def evaluate(self, pairs):
        mask, *within = self.masks
        candidates = ~mask
        for part in within:
            candidates = candidates & part
        return mask.evaluate(pairs) | self.draw(pairs, candidates)

    def mlir(self, operands):
        mask, *within = (mask.mlir(operands) for mask in self.masks)
        tail = "".join(f", within {part}" for part in within)
        return f"plus_random<{self.r}, {self.seed}, {mask}{tail}>"
