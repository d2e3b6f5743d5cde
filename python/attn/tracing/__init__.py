"""Functions of Python traced once: into the `score` region of `attn.sdpa`, a predicate, or
the region of a feature map.

`trace` calls the function with values that stand for the score and the indices b, h, i, j
(`values`), which record what is done to them (`program`). Arrays among the variables of
the function are wrapped for the call (`captures`, `functions`). That no read leaves its
array is shown by intervals (`ranges`), and the program is written as IR (`emission`).
"""

from .pointwise import trace_pointwise
from .predicate import trace_predicate
from .trace import trace

__all__ = ["trace", "trace_pointwise", "trace_predicate"]
