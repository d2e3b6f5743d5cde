"""Copies of functions in which arrays among the variables are replaced; the function itself,
its module and its cells stay as they are."""

from __future__ import annotations

import builtins
import functools
import types

from .source import is_ours

class Scope(dict):
    """The variables of a module, each replaced when it is first read."""

    def __init__(self, variables, replacer):
        super().__init__(__builtins__=variables.get("__builtins__", builtins))
        self.variables, self.replacer = variables, replacer

    def __missing__(self, name):
        value = self[name] = self.replacer.value(self.variables[name], name)
        return value


class Replacer:
    """Copies functions, and the functions they use, with arrays replaced."""

    def __init__(self, is_array, replacement):
        self.is_array, self.replacement = is_array, replacement
        #: By the identity of what was replaced, which is kept alive beside it.
        self.copies = {}

    def value(self, value, name):
        """What stands for the variable `name` in a copy."""
        if isinstance(value, types.FunctionType):
            return self.function(value)
        if isinstance(value, types.MethodType):
            return types.MethodType(self.value(value.__func__, name), value.__self__)
        if isinstance(value, functools.partial):
            arguments = [self.value(v, f"argument {n}") for n, v in enumerate(value.args)]
            keywords = {key: self.value(v, key) for key, v in value.keywords.items()}
            return functools.partial(self.value(value.func, name), *arguments, **keywords)
        if not self.is_array(value):
            return value
        if id(value) not in self.copies:
            self.copies[id(value)] = self.replacement(value, name), value
        return self.copies[id(value)][0]

    def function(self, function):
        """A copy of a function; this package's own, which read no arrays, stay."""
        if is_ours(function.__code__):
            return function
        if id(function) in self.copies:
            return self.copies[id(function)][0]
        code = function.__code__
        cells = tuple(types.CellType() for _ in code.co_freevars)
        scope = Scope(function.__globals__, self)
        copy = types.FunctionType(code, scope, function.__name__, None, cells)
        # Known before what it uses is copied: functions may use themselves.
        self.copies[id(function)] = copy, function
        for name, cell, original in zip(code.co_freevars, cells, function.__closure__ or ()):
            try:
                value = original.cell_contents
            except ValueError:
                continue  # The variable has no value yet; neither has the copy's.
            cell.cell_contents = self.value(value, name)
        defaults = function.__defaults__ or ()
        names = code.co_varnames[code.co_argcount - len(defaults) :]
        copy.__defaults__ = tuple(self.value(v, name) for name, v in zip(names, defaults))
        keywords = function.__kwdefaults__ or {}
        copy.__kwdefaults__ = {name: self.value(v, name) for name, v in keywords.items()}
        return copy
