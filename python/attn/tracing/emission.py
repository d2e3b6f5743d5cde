"""A program as the text of a `score` region or of a predicate.

Indices of reads are held within their arrays in the text itself, whatever `ranges` has
shown, so that no kernel can be made to read outside of one.
"""

from __future__ import annotations

import math

import numpy as np

from ..text import float_literal, tensor_type
from .program import WHOLE

#: The ops of nodes whose text is `op operands : type`.
OPS = {
    **{name: f"arith.{name}" for name in "addf subf mulf divf minimumf maximumf negf".split()},
    **{name: f"arith.{name}" for name in "minsi maxsi floordivsi".split()},
    **{name: f"arith.{name}" for name in "andi ori xori".split()},
    **{name: f"math.{name}" for name in "exp exp2 log log2 tanh sqrt sin cos tan".split()},
    **{name: f"math.{name}" for name in "absf absi floor ceil trunc roundeven".split()},
}
#: Ops that say of 32 bits, which every result fits, that they do not overflow.
EXACT = {"addi", "subi", "muli"}


class Emitter:
    """Writes the nodes that a result needs, in their order."""

    def __init__(self, program):
        self.program = program
        self.float = program.problem.statistics
        self.lines = []
        self.names = {}
        #: The indices that are used but to read an element of each head.
        self.indices = set()
        self.heads = self.axes_of_heads()

    def axes_of_heads(self):
        """Axes (array, dimension) of one element a head that only h reads: their extent is
        a constant of the kernel, as the number of heads is."""
        axes = {}
        for node in self.program.nodes:
            if node.operation == "read":
                for axis, index in enumerate(node.operands):
                    by_head = (index.operation, index.data) == ("index", "h")
                    axes[node.data, axis] = axes.get((node.data, axis), True) and by_head
        extents = [array.shape for array in self.program.arrays]
        H = self.program.problem.H
        return {(n, axis) for (n, axis), only in axes.items() if only and extents[n][axis] == H}

    def array_type(self, number):
        """The type of an array that is read."""
        capture = self.program.arrays[number]
        extents = (
            extent if (number, axis) in self.heads else None
            for axis, extent in enumerate(capture.shape)
        )
        return tensor_type(capture.tensor.dtype, *extents)

    def type(self, node):
        """The type of a node."""
        return {"float": self.float, "bool": "i1"}.get(node.kind) or f"i{node.width}"

    def line(self, text, key=None):
        """Adds `%name = text`, once for each key; the name."""
        name = self.names.get(key or text)
        if name is None:
            name = self.names[key or text] = f"%x{len(self.lines)}"
            self.lines.append(f"    {name} = {text}\n")
        return name

    def as_width(self, node, width):
        """The name of an integer in so many bits, which hold it."""
        name = self.names[node]
        if node.width == width:
            return name
        operation = "extsi" if node.width < width else "trunci"
        return self.line(f"arith.{operation} {name} : i{node.width} to i{width}")

    def emit(self, root):
        """The body of the region that yields `root`."""
        needed, work = set(), [root]
        while work:
            node = work.pop()
            if node.number not in needed:
                needed.add(node.number)
                work.extend(node.operands)
        for number in sorted(needed):
            node = self.program.nodes[number]
            self.names[node] = self.node(node)
        self.lines.append(f"    attn.yield {self.names[root]} : {self.type(root)}\n")
        return "".join(self.lines)

    def node(self, node):
        """The name of a node, its operands being written."""
        special = WRITERS.get(node.operation)
        if special:
            return special(self, node)
        if node.kind != "int":
            names = ", ".join(self.names[operand] for operand in node.operands)
            return self.line(f"{OPS[node.operation]} {names} : {self.type(node)}")
        width = max(n.width for n in (node, *node.operands))
        names = [self.as_width(operand, width) for operand in node.operands]
        return self.narrow(node, self.integer(node.operation, names, width), width)

    def narrow(self, node, name, width):
        """A result of `width` bits as wide as the node is."""
        if node.width == width:
            return name
        return self.line(f"arith.trunci {name} : i{width} to i{node.width}")

    def integer(self, operation, names, width):
        """An integer operation; a remainder is the rest of a quotient rounded down."""
        kind = f"i{width}"
        if operation in EXACT:
            exact = " overflow<nsw>" if width == 32 else ""
            return self.line(f"arith.{operation} {', '.join(names)}{exact} : {kind}")
        if operation in ("floordivsi", "remainder"):
            divisor = self.nonzero(names[1], kind)
            quotient = self.line(f"arith.floordivsi {names[0]}, {divisor} : {kind}")
            if operation == "floordivsi":
                return quotient
            product = self.line(f"arith.muli {quotient}, {divisor} : {kind}")
            return self.line(f"arith.subi {names[0]}, {product} : {kind}")
        return self.line(f"{OPS[operation]} {', '.join(names)} : {kind}")

    def nonzero(self, name, kind):
        """A divisor, or 1 if it is 0: pairs that do not use the quotient must not trap."""
        zero, one = (self.line(f"arith.constant {n} : {kind}") for n in (0, 1))
        is_zero = self.line(f"arith.cmpi eq, {name}, {zero} : {kind}")
        return self.line(f"arith.select {is_zero}, {one}, {name} : {kind}")

    def constant(self, node):
        """A literal."""
        kind, value = node.data
        if kind == "bool":
            return self.line(f"arith.constant {str(value).lower()}")
        if kind == "float":
            value = self.literal(float.fromhex(value))
        return self.line(f"arith.constant {value} : {self.type(node)}")

    def literal(self, value):
        """A float in the type of scores."""
        wide = self.float == "f64"
        with np.errstate(over="ignore"):
            value = (np.float64 if wide else np.float32)(value)
        if math.isfinite(value):
            return float_literal(value)
        bits = value.view(np.uint64 if wide else np.uint32)
        return f"0x{int(bits):0{16 if wide else 8}X}"

    def score(self, node):
        """The argument of the region."""
        return "%s"

    def index(self, node):
        """b, h, i or j."""
        self.indices.add(node.data)
        return self.line(f"arith.index_cast %{node.data} : index to {self.type(node)}")

    def extent(self, node):
        """An extent of an array."""
        number, axis = node.data
        dimension = self.line(f"arith.constant {axis} : index")
        size = self.line(f"tensor.dim %array{number}, {dimension} : {self.array_type(number)}")
        return self.line(f"arith.index_cast {size} : index to {self.type(node)}")

    def read(self, node):
        """An element, floats in the type of scores."""
        number, capture = node.data, self.program.arrays[node.data]
        places = []
        for axis, index in enumerate(node.operands):
            within = (number, axis) in self.heads
            places.append("%h" if within else self.held(number, axis, index))
        source = self.array_type(number)
        name = self.line(f"tensor.extract %array{number}[{', '.join(places)}] : {source}")
        have, want = capture.tensor.dtype, self.type(node)
        if node.kind != "float" or have == want:
            return name if have == want else self.line(f"arith.extsi {name} : {have} to {want}")
        narrower = have != "f64"
        operation = "extf" if narrower else "truncf"
        return self.line(f"arith.{operation} {name} : {have} to {want}")

    def held(self, number, axis, index):
        """An index held within the array."""
        name, kind = self.names[index], f"i{index.width}"
        dimension = self.line(f"arith.constant {axis} : index")
        size = self.line(f"tensor.dim %array{number}, {dimension} : {self.array_type(number)}")
        extent = self.line(f"arith.index_cast {size} : index to {kind}")
        zero, one = (self.line(f"arith.constant {n} : {kind}") for n in (0, 1))
        last = self.line(f"arith.subi {extent}, {one} : {kind}")
        name = self.line(f"arith.minsi {name}, {last} : {kind}")
        name = self.line(f"arith.maxsi {name}, {zero} : {kind}")
        return self.line(f"arith.index_cast {name} : {kind} to index")

    def cmpi(self, node):
        """A comparison of integers."""
        width = max(operand.width for operand in node.operands)
        names = ", ".join(self.as_width(operand, width) for operand in node.operands)
        predicate = node.data if node.data in ("eq", "ne") else "s" + node.data
        return self.line(f"arith.cmpi {predicate}, {names} : i{width}")

    def cmpf(self, node):
        """A comparison of floats: NaN differs from all numbers, itself included."""
        names = ", ".join(self.names[operand] for operand in node.operands)
        predicate = "une" if node.data == "ne" else "o" + node.data
        return self.line(f"arith.cmpf {predicate}, {names} : {self.float}")

    def select(self, node):
        """A choice."""
        condition, first, second = node.operands
        names = self.names[first], self.names[second]
        width = max(first.width, second.width) if node.kind == "int" else None
        if width:
            names = self.as_width(first, width), self.as_width(second, width)
        kind = f"i{width}" if width else self.type(node)
        name = self.line(f"arith.select {self.names[condition]}, {', '.join(names)} : {kind}")
        return self.narrow(node, name, width) if width else name

    def sitofp(self, node):
        """An integer as a float."""
        (operand,) = node.operands
        name = self.names[operand]
        return self.line(f"arith.sitofp {name} : {self.type(operand)} to {self.float}")

    def fptosi(self, node):
        """A whole float as an integer within the ends of `WHOLE`; NaN as the least."""
        kind = self.float
        name = self.names[node.operands[0]]
        for operation, end in zip(("maxnumf", "minnumf"), WHOLE):
            limit = self.line(f"arith.constant {float_literal(end)} : {kind}")
            name = self.line(f"arith.{operation} {name}, {limit} : {kind}")
        return self.line(f"arith.fptosi {name} : {kind} to i32")

    def extui(self, node):
        """A truth value as 0 or 1."""
        return self.line(f"arith.extui {self.names[node.operands[0]]} : i1 to i32")

    def negation(self, node):
        """The opposite of a truth value."""
        true = self.line("arith.constant true")
        return self.line(f"arith.xori {self.names[node.operands[0]]}, {true} : i1")


#: From an operation to what writes it, where that is no row of operands.
WRITERS = {
    "constant": Emitter.constant,
    "score": Emitter.score,
    "index": Emitter.index,
    "extent": Emitter.extent,
    "read": Emitter.read,
    "cmpi": Emitter.cmpi,
    "cmpf": Emitter.cmpf,
    "select": Emitter.select,
    "sitofp": Emitter.sitofp,
    "fptosi": Emitter.fptosi,
    "extui": Emitter.extui,
    "not": Emitter.negation,
}
