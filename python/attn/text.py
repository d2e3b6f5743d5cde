"""IR text: types, literals, functions."""

from __future__ import annotations

import functools


@functools.lru_cache(maxsize=1024)
def tensor_type(dtype: str, *extents) -> str:
    """`tensor<?x8xf32>`; None is an extent known at run time."""
    shape = "".join(f"{'?' if extent is None else extent}x" for extent in extents)
    return f"tensor<{shape}{dtype}>"


def float_literal(value: float) -> str:
    """The shortest literal that reads back as `value`; IR wants a point in it."""
    digits, exponent, power = repr(float(value)).partition("e")
    return (digits if "." in digits else digits + ".0") + exponent + power


class Function:
    """The text of one function, grown argument by argument and line by line."""

    def __init__(self, name: str):
        self.name = name
        self.arguments = []
        self.lines = []
        #: What stands in front of the function in its module.
        self.definitions = []

    def argument(self, name: str, argument_type: str) -> str:
        """Adds an argument; its name in the body."""
        self.arguments.append(f"%{name}: {argument_type}")
        return f"%{name}"

    def line(self, text: str):
        """Adds a line to the body."""
        self.lines.append(f"  {text}\n")

    def render(self, *results) -> str:
        """The function returning `results`, pairs of value and type."""
        values = ", ".join(value for value, _ in results)
        types = ", ".join(result_type for _, result_type in results)
        arguments = ", ".join(self.arguments)
        body = "".join(self.lines)
        return (
            f"{''.join(self.definitions)}"
            f"func.func @{self.name}({arguments}) -> ({types}) {{\n"
            f"{body}  return {values} : {types}\n}}\n"
        )
