"""Caches of keys and values: pages seen as sequences, rows appended in place."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ._attn import Tensor
from .checks import check_alike, check_rank
from .compile import kernel_of
from .errors import ArgumentError, ShapeError
from .text import Function, tensor_type


def check_pages(pages, table):
    """Raises `ShapeError` unless these can be pages and the table that names them."""
    page = pages.shape[1]
    if page == 0 or page & (page - 1):
        raise ShapeError(
            f"{pages.name} has shape {pages.shape}: expected a power of two for the {page} keys "
            "of a page"
        )
    if table.dtype != "i32":
        raise ShapeError(f"{table.name} has element type {table.dtype}, expected i32")
    check_rank(table, 2)


class PagedView:
    """Pages seen as sequences of keys, made by `attn.paged_view`; holds the two arrays."""

    def __init__(self, pages, table):
        self.pages, self.table = pages, table
        self.viewed("pages")

    def viewed(self, name):
        """The two arrays viewed, under a name for messages."""
        pages, table = Tensor(self.pages, f"{name} pages"), Tensor(self.table, f"{name} table")
        check_rank(pages, 3, 4)
        check_pages(pages, table)
        return PagedTensor(name, pages, table)

    @property
    def shape(self):
        """`(B, Hk, T * page, D)`, without D for scales."""
        return self.viewed("pages").shape

    def __repr__(self):
        return f"<attn.PagedView {self.shape}>"


@dataclass(frozen=True)
class PagedTensor:
    """What attention sees of a paged view: a `Tensor` in all but memory."""

    name: str
    pages: Tensor
    table: Tensor

    @property
    def dtype(self):
        """The element type of the pages."""
        return self.pages.dtype

    @property
    def shape(self):
        """`(B, Hk, T * page, D)`, without D for scales."""
        _, page, heads, *width = self.pages.shape
        batch, count = self.table.shape
        return (batch, heads, count * page, *width)

    @property
    def types(self):
        """The types of pages and table: page, heads and width are constants."""
        return (
            tensor_type(self.dtype, None, *self.pages.shape[1:]),
            tensor_type("i32", None, None),
        )


def view_of(array, name):
    """`array`, which may be a paged view, viewed under a name."""
    return array.viewed(name) if isinstance(array, PagedView) else Tensor(array, name)


def storage_of(*arrays):
    """The arrays, and for paged views their pages: what tells the kind of results."""
    return [array.pages if isinstance(array, PagedView) else array for array in arrays]


def write_operand(function, inputs, tensor, name, argument_type):
    """Adds `tensor` to the arguments of a function and to `inputs`; its name in the body."""
    if not isinstance(tensor, PagedTensor):
        inputs.append(tensor)
        return function.argument(name, argument_type)
    pages_type, table_type = tensor.types
    pages = function.argument(f"{name}_pages", pages_type)
    table = function.argument(f"{name}_table", table_type)
    inputs += [tensor.pages, tensor.table]
    function.line(
        f"%{name} = attn.paged_view {pages}, {table} : {pages_type}, {table_type} "
        f"-> {argument_type}"
    )
    return f"%{name}"


def paged_view(pages, table):
    """The pages of a cache as sequences of keys, for `attn.sdpa` to read where they lie.

        view[b, h, j] = pages[table[b, j // page], j % page, h]

    Args:
        pages: `[P, page, Hk, D]`, page a power of two; `[P, page, Hk]` for scales.
        table: `[B, T]` of int32. Entries that a mask lets nobody see (those behind
            `masks.lens`, say) may hold anything; the others must be in 0 to P - 1, and
            several may name one page.

    Returns:
        an object that `attn.sdpa` and `attn.weights` take as k, v, key_scale or
        value_scale, of shape `[B, Hk, T * page, D]`. Nothing is copied, and what is written
        to the arrays afterwards is seen.

    Raises: ShapeError if these are no pages and table. Paper: arXiv:2309.06180.

    >>> o = attn.sdpa(q, attn.paged_view(k_pages, t), attn.paged_view(v_pages, t),
    ...               mask=masks.lens(lengths))
    """
    return PagedView(pages, table)


def check_append(cache, new, pos, table, scales):
    """Raises `ShapeError` unless the rows fit the cache as far as types say."""
    check_alike(cache, new)
    ranks = (2, 3) if scales else (3, 4)
    check_rank(new, *(ranks[1:] if table is not None else ranks))
    check_rank(cache, len(new.shape))
    if pos.dtype != "i32":
        raise ShapeError(f"pos has element type {pos.dtype}, expected i32")
    check_rank(pos, 1)
    if table is not None:
        check_pages(cache, table)
    batched = len(new.shape) == ranks[1]
    heads = {"heads": (cache.shape[2 if table is not None else batched], new.shape[batched])}
    width = {} if scales else {"width": (cache.shape[-1], new.shape[-1])}
    for what, (ours, theirs) in {**heads, **width}.items():
        if ours != theirs:
            raise ShapeError(f"cache has {what} {ours}, new has {theirs}: expected the same")
    return batched


def kv_append(cache, new, pos, table=None, ring=False, *, scales=False, threads=None):
    """Writes rows into a cache, in place, at the positions of each batch element.

        cache[b, h, pos[b] + m] = new[b, h, m]
        cache[table[b, p // page], p % page, h] = new[b, h, m],  p = pos[b] + m, with a table

    Args:
        cache: `[B, Hk, N, D]` or `[Hk, N, D]`; pages `[P, page, Hk, D]` with a table.
        new: `[B, Hk, M, D]` or `[Hk, M, D]`, of the type of the cache.
        pos: int32, one position or one for each batch element; a number or a list will do.
        table: `[B, T]` of int32, the pages of each batch element.
        ring: take positions modulo N (T * page): the newest N rows stay.
        scales: cache and new are scales of quantised keys, without D.
        threads: as in `attn.sdpa`.

    Returns:
        `cache` itself, updated. Nothing else of it is touched or copied.

    Raises:
        ShapeError: extents or types do not fit, pos[b] + M is beyond N (M beyond N with
            `ring`), a page that is written does not exist. The cache is as it was.
        ArgumentError: the cache is read-only, or the same memory as an argument.

    >>> attn.kv_append(k_cache, k_new, lengths)
    """
    if isinstance(ring, np.ndarray) or not isinstance(ring, (bool, np.bool_)):
        raise ArgumentError(f"ring is {ring!r}, expected True or False")
    if not (hasattr(pos, "__array_interface__") or hasattr(pos, "__dlpack__")):
        pos = np.array(pos, np.int32, ndmin=1)
    arrays = [cache, new, pos] + ([] if table is None else [table])
    names = ("cache", "new", "pos", "table")
    views = [Tensor(array, name) for array, name in zip(arrays, names)]
    paged = views[3] if table is not None else None
    batched = check_append(*views[:3], paged, scales)
    heads, *width = (views[1].shape[batched], *views[1].shape[batched + 2 :])
    rows_type = tensor_type(views[1].dtype, *(None,) * batched, heads, None, *width)
    cache_type, pos_type = rows_type, tensor_type("i32", None)
    if paged is not None:
        cache_type = tensor_type(views[0].dtype, None, *views[0].shape[1:])
    function = Function("kv_append")
    function.argument("cache", f"{cache_type} {{attn.inplace}}")
    function.argument("new", rows_type)
    function.argument("pos", pos_type)
    clauses = " ring" * bool(ring) + " scales" * bool(scales)
    if paged is not None:
        table_type = tensor_type("i32", None, None)
        clauses += f" table({function.argument('table', table_type)} : {table_type})"
    function.line(
        f"%r = attn.kv_append %cache, %new, %pos{clauses} : {cache_type}, {rows_type}, {pos_type}"
    )
    return kernel_of(function.render(("%r", cache_type))).run(views, arrays, threads)[0]
