"""The exceptions that the package raises, all `Error`."""


class Error(Exception):
    """Any failure of the attention compiler."""


class ArgumentError(Error, ValueError):
    """An argument that no kernel could accept: a scale that is not a number, an unknown name."""


class ShapeError(Error, ValueError):
    """Ranks, extents, element types or values that do not fit together, named in the message."""


class CompileError(Error):
    """IR that does not parse, verify or compile; the message holds the diagnostics."""


class UnsupportedError(Error, NotImplementedError):
    """Valid, but not done here: what, where, and the nearest thing that works."""


class OutOfMemoryError(Error, MemoryError):
    """Workspace of a kernel could not be allocated."""
