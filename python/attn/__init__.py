"""An attention compiler: attention of any mask and score, and linear, made for this machine.

    import attn
    from attn import masks as m

    o = attn.sdpa(q, k, v, mask=m.causal() & m.window(255, 0))
    o, state = attn.linear(q, k, v, decay=log_a, causal=True, return_state=True)
    kernel = attn.compile("attention.mlir")
"""

from . import errors, feature_maps, masks, math, recipes, reference
from ._attn import version as __version__
from .block_lists import BlockLists
from .block_maps import block_map
from .caches import PagedView, kv_append, paged_view
from .compile import Kernel, compile, stats
from .errors import (
    ArgumentError,
    CompileError,
    Error,
    OutOfMemoryError,
    ShapeError,
    UnsupportedError,
)
from .latent_attention import latent
from .layers import layer
from .linear import feature_map, linear
from .low_rank import linformer, nystrom
from .low_rank_bias import LowRankBias, alibi_bias, low_rank_bias
from .ops import sdpa, weights
from .parts import merge, rope
from .quantize import quantize
from .selection import compress, select

__all__ = [
    "ArgumentError",
    "BlockLists",
    "CompileError",
    "Error",
    "Kernel",
    "LowRankBias",
    "OutOfMemoryError",
    "PagedView",
    "ShapeError",
    "UnsupportedError",
    "alibi_bias",
    "block_map",
    "compile",
    "compress",
    "errors",
    "feature_map",
    "feature_maps",
    "kv_append",
    "latent",
    "layer",
    "linear",
    "linformer",
    "low_rank_bias",
    "masks",
    "math",
    "merge",
    "nystrom",
    "paged_view",
    "quantize",
    "recipes",
    "reference",
    "rope",
    "sdpa",
    "select",
    "stats",
    "weights",
]
