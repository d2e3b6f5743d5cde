"""Shows that no read leaves its array, nothing is divided by 0 and no integer overflows.

Every pair (i, j) of the call is meant, whether or not the mask keeps it, for kernels
compute scores before they mask. Under `where(condition, a, b)` the condition counts:
operations that only `a` uses are looked at as if it held.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import ShapeError, UnsupportedError
from .arithmetic import PREDICATES
from .intervals import FLOAT_RULES, RULES, hull
from .program import INT64, WHOLE, clamp

#: The most combinations of conditions that are told apart.
MOST_CASES = 256
INFINITE = (-(2**200), 2**200)


@dataclass(frozen=True)
class Facts:
    """What holds where conditions do: bounds of sums of integers, and what they are not."""

    bounds: tuple = ()
    excluded: frozenset = frozenset()

    def bound(self, shape):
        return dict(self.bounds).get(shape, INFINITE)

    def narrow(self, linear, lo, hi):
        """With `linear` within [lo, hi]."""
        shape, sign = linear.shape()
        if not shape:
            return self
        ends = sorted((sign * (lo - linear.constant), sign * (hi - linear.constant)))
        old = self.bound(shape)
        bounds = dict(self.bounds)
        bounds[shape] = (max(old[0], ends[0]), min(old[1], ends[1]))
        return Facts(tuple(sorted(bounds.items())), self.excluded)

    def exclude(self, linear, value):
        """With `linear` other than `value`."""
        shape, sign = linear.shape()
        return Facts(self.bounds, self.excluded | {(shape, sign * (value - linear.constant))})

    def assume(self, condition, holds):
        """With a condition that holds, or does not."""
        if condition.operation == "not":
            return self.assume(condition.operands[0], not holds)
        if condition.operation == ("andi" if holds else "ori"):
            first, second = condition.operands
            return self.assume(first, holds).assume(second, holds)
        if condition.operation != "cmpi":
            return self
        a, b = condition.operands
        difference = a.linear.plus(b.linear, -1)
        if difference is None:
            return self
        name = condition.data if holds else PREDICATES[condition.data]
        if name == "ne":
            return self.exclude(difference, 0)
        lo, hi = {
            "lt": (INFINITE[0], -1),
            "le": (INFINITE[0], 0),
            "gt": (1, INFINITE[1]),
            "ge": (0, INFINITE[1]),
            "eq": (0, 0),
        }[name]
        facts = self.narrow(difference, lo, hi)
        # A bound of |x| is one of x.
        for node, top in ((a, b.range[1] + min(hi, 0)), (b, a.range[1] - max(lo, 0))):
            bounded = hi < INFINITE[1] if node is a else lo > INFINITE[0]
            if node.operation == "absi" and bounded:
                facts = facts.narrow(node.operands[0].linear, -top, top)
        return facts


def float_range(node, ranges):
    """The range of a number that cannot be infinite or NaN; None for others."""
    if node.operation == "constant" and node.kind == "float":
        value = float.fromhex(node.data[1])
        return (value, value) if abs(value) < 1e30 else None
    if node.operation == "select":
        ends = [ranges[operand.number] for operand in node.operands[1:]]
        return hull(None, *ends) if node.kind == "float" and all(ends) else None
    rule = FLOAT_RULES.get(node.operation)
    ends = [ranges[operand.number] for operand in node.operands]
    return rule(*ends) if rule and all(ends) else None


class Ranges:
    """The ranges of the numbers of a program, under as many facts as are asked for."""

    def __init__(self, program):
        self.program = program
        self.known = {}

    def under(self, facts):
        """The range of each number under facts, None where it is not known; None in place
        of all if the facts contradict each other."""
        if facts not in self.known:
            # Facts about what is not known yet are asked for on the way: none of them twice.
            self.known[facts] = None
            self.known[facts] = self.compute(facts)
        return self.known[facts]

    def compute(self, facts):
        ranges, bounds = [], dict(facts.bounds)
        for node in self.program.nodes:
            if node.kind != "int":
                ranges.append(float_range(node, ranges))
                continue
            lo, hi = self.ends(node, ranges, facts)
            shape, sign = node.linear.shape()
            constant = node.linear.constant
            bound = sorted(sign * end + constant for end in bounds.get(shape, INFINITE))
            lo, hi = max(lo, bound[0]), min(hi, bound[1])
            while lo <= hi and (shape, sign * (lo - constant)) in facts.excluded:
                lo += 1
            while lo <= hi and (shape, sign * (hi - constant)) in facts.excluded:
                hi -= 1
            if lo > hi:
                return None
            ranges.append((lo, hi))
        return ranges

    def ends(self, node, ranges, facts):
        """The range that the operands of an integer give it, and its terms."""
        if node.operation == "read":
            ends = self.program.arrays[node.data].interval()
        elif node.operation == "select":
            return self.ends_of_choice(node, ranges, facts)
        elif node.operation in RULES:
            ends = RULES[node.operation](*(ranges[operand.number] for operand in node.operands))
        elif node.operation == "fptosi" and ranges[node.operands[0].number]:
            ends = clamp(ranges[node.operands[0].number], WHOLE)
        else:
            ends = node.range
        if node.linear.terms == ((node.number, 1),):
            return ends
        lo = hi = node.linear.constant
        for number, coefficient in node.linear.terms:
            parts = [coefficient * end for end in ranges[number]]
            lo, hi = lo + min(parts), hi + max(parts)
        return max(lo, ends[0]), min(hi, ends[1])

    def ends_of_choice(self, node, ranges, facts):
        """Each side counts as far as it can be chosen, under the condition that chooses it."""
        sides = []
        for side, holds in zip(node.operands[1:], (True, False)):
            assumed = facts.assume(node.operands[0], holds)
            if assumed != facts and len(self.known) < MOST_CASES:
                narrower = self.under(assumed)
                if narrower is not None:
                    sides.append(narrower[side.number])
            else:
                sides.append(ranges[side.number])
        if not sides:
            return 1, 0
        return min(lo for lo, _ in sides), max(hi for _, hi in sides)


def check_node(program, node, ranges, facts):
    """Raises unless a doubtful node is right within these ranges."""
    if node.operation == "read":
        capture = program.arrays[node.data]
        for axis, (index, extent) in enumerate(zip(node.operands, capture.shape)):
            lo, hi = ranges[index.number]
            if not 0 <= lo <= hi < extent:
                raise ShapeError(
                    f"{node.place}: index {axis} of array '{capture.name}' ranges over "
                    f"[{lo}, {hi}], the extent is {extent}: hold the index within the array by "
                    f"attn.math.clip(index, 0, {capture.name}.shape[{axis}] - 1), or read only "
                    "where a condition holds, attn.math.where(condition, array[index], other)"
                )
    elif node.operation in ("floordivsi", "remainder"):
        divisor = node.operands[1]
        lo, hi = ranges[divisor.number]
        shape, sign = divisor.linear.shape()
        if lo <= 0 <= hi and (shape, -sign * divisor.linear.constant) not in facts.excluded:
            raise UnsupportedError(
                f"{node.place}: the divisor of // or % ranges over [{lo}, {hi}], expected no 0; "
                "divide only where a condition holds, attn.math.where(d != 0, x // d, other)"
            )
    if node.kind == "int":
        lo, hi = ranges[node.number]
        if clamp((lo, hi), INT64) != (lo, hi):
            raise UnsupportedError(
                f"{node.place}: an integer ranges over [{lo}, {hi}], expected it to fit 64 "
                "bits; compute with floats, as in 1.0 * i"
            )


def check_ranges(program, root):
    """Raises unless all doubtful nodes that `root` uses are right where they are used."""
    if not program.doubts:
        return
    doubtful = {node.number for node in program.doubts}
    known = Ranges(program)
    cases, seen = [(root, Facts())], set()
    while cases:
        start, facts = cases.pop()
        if len(known.known) >= MOST_CASES and facts not in known.known:
            facts = Facts()
        ranges = known.under(facts)
        if ranges is None:
            continue
        work = [start]
        while work:
            node = work.pop()
            if (node.number, facts) in seen:
                continue
            seen.add((node.number, facts))
            if node.number in doubtful:
                check_node(program, node, ranges, facts)
            if node.operation != "select":
                work.extend(node.operands)
                continue
            condition, first, second = node.operands
            work.append(condition)
            cases.append((first, facts.assume(condition, True)))
            cases.append((second, facts.assume(condition, False)))
