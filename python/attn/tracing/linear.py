"""Integers as sums of multiples of others, so that equal ones are seen to be equal."""

from __future__ import annotations

from dataclasses import dataclass

#: Sums of more terms are not taken apart.
MOST_TERMS = 8


@dataclass(frozen=True)
class Linear:
    """`constant` plus the sum of coefficient * node over `terms`, in the order of nodes."""

    terms: tuple
    constant: int = 0

    @staticmethod
    def of(node):
        """The integer itself."""
        return Linear(((node.number, 1),))

    def plus(self, other, factor=1):
        """`self + factor * other`, or None if that has too many terms."""
        terms = dict(self.terms)
        for number, coefficient in other.terms:
            terms[number] = terms.get(number, 0) + factor * coefficient
        terms = tuple(sorted((n, c) for n, c in terms.items() if c))
        if len(terms) > MOST_TERMS:
            return None
        return Linear(terms, self.constant + factor * other.constant)

    def times(self, factor):
        """`factor * self`."""
        if factor == 0:
            return Linear(())
        terms = tuple((number, factor * c) for number, c in self.terms)
        return Linear(terms, factor * self.constant)

    def shape(self):
        """The terms with a positive first coefficient, and 1 or -1 for what was done to them."""
        if self.terms and self.terms[0][1] < 0:
            return tuple((number, -c) for number, c in self.terms), -1
        return self.terms, 1
