"""Where in the caller's code something was done, for messages."""

from __future__ import annotations

import os
import sys

PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep


def is_ours(code) -> bool:
    """Whether code is of this package."""
    return code.co_filename.startswith(PACKAGE)


def place() -> str:
    """`file:line` of the innermost call that is not of this package."""
    frame = sys._getframe(1)
    while frame is not None and is_ours(frame.f_code):
        frame = frame.f_back
    return "?" if frame is None else f"{frame.f_code.co_filename}:{frame.f_lineno}"
