"""The record of a traced function: operations in the order in which they were done."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..errors import UnsupportedError
from .linear import Linear
from .source import place

#: The most operations of one program.
MOST_OPERATIONS = 4096
INT32 = (-(2**31), 2**31 - 1)
INT64 = (-(2**63), 2**63 - 1)
#: The integers that floats become: their ends are floats of any type, their sums fit 32 bits.
WHOLE = (-(2**30), 2**30)


@dataclass(eq=False)
class Node:
    """One value of a program.

    `kind` is "float", "int" or "bool"; `data` what the operation knows besides its
    operands: a constant, a predicate, an array. An integer lies within `reach` whatever
    the lengths, which decides its width, and within `range` in this call; `linear` is
    the same integer as a sum of multiples of others.
    """

    number: int
    kind: str
    operation: str
    operands: tuple
    data: object = None
    reach: tuple = None
    range: tuple = None
    linear: Linear = None
    #: True if nothing but constants and extents of arrays went in.
    fixed: bool = False
    place: str = ""

    @property
    def width(self):
        """The bits that hold every value the integer can have."""
        return 32 if INT32[0] <= self.reach[0] and self.reach[1] <= INT32[1] else 64


@dataclass
class Program:
    """The operations of one trace, each done once, and what has to be shown of them."""

    #: The extents of the call and the position of query 0.
    problem: object
    offset: int
    #: What no extent exceeds, of any call that the text may serve.
    longest: int
    nodes: list = field(default_factory=list)
    arrays: list = field(default_factory=list)
    #: Nodes that may read out of range, divide by 0 or overflow, as far as their own
    #: ranges tell.
    doubts: list = field(default_factory=list)
    known: dict = field(default_factory=dict)

    def add(self, kind, operation, operands=(), data=None, reach=None, range=None, linear=None):
        """The node of an operation; of two equal ones the first."""
        key = (operation, tuple(operand.number for operand in operands), data)
        node = self.known.get(key)
        if node is not None:
            return node
        if len(self.nodes) == MOST_OPERATIONS:
            raise UnsupportedError(
                f"{place()}: the traced function has more than {MOST_OPERATIONS} operations; "
                "put what depends on few indices into an array and read it"
            )
        node = Node(len(self.nodes), kind, operation, tuple(operands), data)
        node.fixed = bool(operands) and all(operand.fixed for operand in operands)
        if kind == "int":
            node.reach = clamp(reach, INT64)
            node.range = clamp(range, INT64)
            node.linear = linear or Linear.of(node)
            if range != node.range:
                self.doubt(node)
        self.nodes.append(node)
        self.known[key] = node
        return node

    def doubt(self, node):
        """Asks for `node` to be shown to be right where it is used."""
        if not node.place:
            node.place = place()
            self.doubts.append(node)

    def array_number(self, array):
        """The number of a captured array among the operands."""
        if array not in self.arrays:
            self.arrays.append(array)
        return self.arrays.index(array)


def clamp(interval, bounds):
    """The part of an interval within `bounds`; its ends if there is none."""
    lo, hi = bounds
    return (min(max(interval[0], lo), hi), max(min(interval[1], hi), lo))
