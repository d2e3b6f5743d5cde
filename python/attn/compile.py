"""Kernels: compiled functions of IR."""

from __future__ import annotations

import json
import os

from . import _attn
from .arrays import allocate, as_kind_of
from .checks import check_threads
from .errors import ArgumentError, CompileError
from .outputs import Outputs


class Kernel:
    """A compiled function of tensors, made by `attn.compile`.

    Call it with one array per argument of the function:

        o = kernel(q, k, v)
        o = kernel(q, k, v, threads=2)

    Arrays are NumPy's or anything with DLPack in host memory, with any strides;
    none is copied. Several results come as a tuple, in the kind of the arguments; an
    argument marked `attn.inplace` is updated and is itself the result.
    Kernels may be called by several threads at once, and pickle as their text.

    Raises `ShapeError` if the arrays do not fit, `UnsupportedError` for arrays
    that are not in host memory.
    """

    def __init__(self, text: str, target: str | None = "host", entry: str | None = None):
        self.text, self.target, self.entry = text, target, entry
        self._kernel = _attn.Kernel(text, entry, target)
        self._inputs = len(self._kernel.input_types)
        self._last_run = {}

    def __call__(self, *arrays, out=None, threads: int | None = None):
        """The result for `arrays`, or the tuple of results.

        `out` is an array for the result, or a tuple of one array or None for each result
        that is no argument updated in place; see `attn.sdpa`.
        """
        tensors = [_attn.Tensor(array, f"argument {n}") for n, array in enumerate(arrays)]
        given = out if isinstance(out, (tuple, list)) else (out,)
        if len(given) > len(self.result_types):
            raise ArgumentError(
                f"out has {len(given)} arrays, the kernel has {len(self.result_types)} results"
            )
        names = ["out"] if len(given) == 1 else [f"out[{n}]" for n in range(len(given))]
        results = Outputs(tensors, **dict(zip(names, given))).run(self, arrays, threads)
        return results[0] if len(results) == 1 else tuple(results)

    def run(self, tensors, kind, threads=None, allocate=allocate):
        """A list of results from `_attn.Tensor`s, in the kind of the arrays `kind`.

        `allocate` makes the array of each result, in their order, from its type and shape.
        Where a result is an argument that the kernel updated in place, it is the element
        of `kind` at the argument's place.
        """
        if len(tensors) != self._inputs:
            raise ArgumentError(f"got {len(tensors)} arrays, the kernel takes {self._inputs}")
        results, self._last_run = self._kernel.run(tensors, allocate, check_threads(threads))
        fresh = iter(as_kind_of(kind, [r for r in results if not isinstance(r, int)]))
        return [kind[r] if isinstance(r, int) else next(fresh) for r in results]

    @property
    def input_types(self):
        """`(element type, extents)` of every argument; -1 is a run-time extent."""
        return self._kernel.input_types

    @property
    def result_types(self):
        """`(element type, extents)` of every result; -1 is a run-time extent."""
        return self._kernel.result_types

    def mlir(self, stage: str = "source") -> str:
        """The IR after a stage: "source", "planned", "tiled", "lowered" or "binary"."""
        return self._kernel.describe(stage)

    def llvm(self) -> str:
        """The LLVM IR."""
        return self._kernel.describe("llvm")

    def asm(self) -> str:
        """The assembly."""
        return self._kernel.describe("asm")

    def explain(self) -> str:
        """The compiler's decisions, one a line."""
        return self._kernel.describe("explain")

    @property
    def stats(self) -> dict:
        """What the compiler did (isa, schedule, compile_ms, …) and, after a call, what the
        last run did (threads, tiles_total, tiles_visited, tiles_partial, workspace_bytes,
        library_products: products of matrices by a library, not by loops)."""
        return {**json.loads(self._kernel.describe("stats")), **self._last_run}

    def save(self, path):
        """Writes the kernel as a shared library with plain C entry points."""
        self._kernel.save(os.fspath(path))

    def __reduce__(self):
        return Kernel, (self.text, self.target, self.entry)

    def __repr__(self):
        def spelled(types):
            return ", ".join(
                "x".join(["?" if n < 0 else str(n) for n in extents] + [dtype])
                for dtype, extents in types
            )

        return f"<attn.Kernel ({spelled(self.input_types)}) -> ({spelled(self.result_types)})>"


def compile(source, target: str | None = "host", entry: str | None = None) -> Kernel:
    """Compiles a function of tensors, given as IR text or as the path of a file.

    A string with a line break or a brace is text, any other a path. `target` is
    "host" or the name of a CPU ("x86-64-v3"); `entry` names the function where
    there are several. Equal texts are compiled once a process.

    Raises `CompileError` with the compiler's diagnostics, or if the file cannot
    be read; `UnsupportedError` for what the target cannot do.

        kernel = attn.compile('''
          func.func @f(%q: tensor<8x?x64xf32>, %k: tensor<8x?x64xf32>,
                       %v: tensor<8x?x64xf32>) -> tensor<8x?x64xf32> {
            %o = attn.sdpa %q, %k, %v
              : (tensor<8x?x64xf32>, tensor<8x?x64xf32>, tensor<8x?x64xf32>)
              -> tensor<8x?x64xf32>
            return %o : tensor<8x?x64xf32>
          }''')
        o = kernel(q, k, v)
    """
    if isinstance(source, str) and ("\n" in source or "{" in source):
        return Kernel(source, target, entry)
    if not isinstance(source, (str, os.PathLike)):
        raise ArgumentError(f"got a {type(source).__name__}, expected IR text or a path")
    try:
        with open(source, encoding="utf-8") as file:
            text = file.read()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise CompileError(f"cannot read '{os.fspath(source)}': {reason}") from error
    return Kernel(text, target, entry)


def stats() -> dict:
    """Counters of the process: kernels_compiled, cache_hits, disk_hits, disk_rejected,
    disk_failures, compile_ms, live_workspace_bytes."""
    return json.loads(_attn.stats())


_kernels: dict[str, Kernel] = {}


def kernel_of(text: str) -> Kernel:
    """The kernel of an IR text, compiled at its first use."""
    kernel = _kernels.get(text)
    if kernel is None:
        kernel = _kernels.setdefault(text, Kernel(text))
    return kernel
