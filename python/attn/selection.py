"""Which blocks matter: keys compressed block by block, and blocks chosen by their scores."""

from __future__ import annotations

from dataclasses import dataclass

from ._attn import Tensor
from .block_lists import BlockLists, check_block
from .block_maps import extent_of
from .checks import check_float, check_rank
from .compile import kernel_of
from .errors import ArgumentError, ShapeError
from .masks import Extents, Mask, Operands, check_extent, operand_type, query_offset
from .text import Function, tensor_type

#: What scores may be: numbers of which f32 holds every one.
SCORES = ("f32", "f16", "bf16")


def check_windows(length, stride):
    """`length` and `stride` as ints; the stride is the length if None."""
    length = check_extent("length", length, 1)
    return length, length if stride is None else check_extent("stride", stride, 1)


def count_windows(N, length, stride):
    """How many rows `compress` makes of N."""
    return 0 if N < length else (N - length) // stride + 1


def compress(x, length, stride=None, *, threads=None):
    """The means of blocks of rows.

        y[b,h,c] = sum over t < length of x[b,h,c * stride + t] / length

    Args:
        x: `[B, H, N, D]` or `[H, N, D]`, keys or values; f32, f64, f16 or bf16.
        length: the rows of a block.
        stride: from the beginning of one block to that of the next, `length` if None;
            below it, blocks overlap.
        threads: as in `attn.sdpa`.

    Returns:
        y `[B, H, (N - length) // stride + 1, D]` in the type of x; no rows for
        N < length. Rows of x behind the last whole block are in none and are not read.
        Sums are f32 (f64 for f64). Error against float64: 2e-7 length max|x|, and what
        rounding y costs.

    Raises:
        ShapeError: x has another rank or element type.
        ArgumentError: length or stride is no number from 1 on.

    Another map of a block than its mean (an MLP, a product with weights) is a function of
    `x` seen as blocks, computed outside. Papers: arXiv:2502.11089, arXiv:2502.13189.

    >>> attn.compress(np.array([[[1.0], [3.0], [5.0], [7.0]]], np.float32), 2).ravel()
    array([2., 6.], dtype=float32)
    """
    view = Tensor(x, "x")
    check_float(view)
    check_rank(view, 3, 4)
    length, stride = check_windows(length, stride)
    batch, (heads, _, width) = (None,) * (len(view.shape) - 3), view.shape[-3:]
    x_type = tensor_type(view.dtype, *batch, heads, None, width)
    function = Function("compress")
    function.argument("x", x_type)
    function.line(f"%y = attn.compress %x length({length}) stride({stride}) : {x_type} -> {x_type}")
    return kernel_of(function.render(("%y", x_type))).run([view], (x,), threads)[0]


@dataclass(frozen=True)
class Choice:
    """The arguments of a selection, checked."""

    #: B (1 for scores without a batch), H and the scores of a row.
    B: int
    H: int
    count: int
    M: int
    N: int
    k: int
    block: tuple
    group: int
    initial: int
    local: int
    #: None, or (length, stride).
    windows: tuple | None
    mask: Mask | None
    align: str

    @property
    def groups(self):
        """How many groups of heads choose."""
        return self.H // self.group

    @property
    def list_type(self):
        """The type of the lists in IR."""
        numbers = [*self.block] + [self.group] * (self.group > 1)
        return f"!attn.blocks<{', '.join(map(str, numbers))}>"


def check_scores(view):
    """Raises `ShapeError` unless `view` has the rank and the type of scores."""
    if view.dtype not in SCORES:
        raise ShapeError(
            f"scores has element type {view.dtype}, expected one of {', '.join(SCORES)}"
        )
    check_rank(view, 3, 4)


def check_select_windows(length, stride, bk):
    """None, or length and stride; raises unless cells of `stride` keys fill a block."""
    if length is None:
        if stride is not None:
            raise ArgumentError(f"stride is {stride!r} without length, expected both or neither")
        return None
    length, stride = check_windows(length, stride)
    for name, extent in (("length", length), ("block[1]", bk)):
        if extent % stride:
            raise ArgumentError(
                f"{name} is {extent}, stride is {stride}: expected a multiple of the stride"
            )
    return length, stride


def check_select(
    shape, M, N, *, k, block, group, initial, local, length, stride, mask, align
):
    """The `Choice` for scores of `shape`; raises if an argument does not fit."""
    bq, bk = check_block(block)
    M, N = check_extent("M", M), check_extent("N", N)
    k, group = check_extent("k", k, 1), check_extent("group", group, 1)
    initial, local = check_extent("initial", initial), check_extent("local", local)
    if initial + local > k:
        raise ArgumentError(
            f"initial is {initial} and local is {local}, expected no more than k = {k} in all"
        )
    windows = check_select_windows(length, stride, bk)
    B, (H, rows, count) = (shape[0] if len(shape) == 4 else 1), shape[-3:]
    if H % group:
        raise ShapeError(f"scores have {H} heads, expected a multiple of the group of {group}")
    if rows != -(-M // bq):
        raise ShapeError(
            f"scores have {rows} rows of blocks, expected {-(-M // bq)} for {M} queries in "
            f"blocks of {bq}"
        )
    expected = count_windows(N, *windows) if windows else -(-N // bk)
    if count != expected:
        what = "compressed keys" if windows else "blocks of keys"
        raise ShapeError(f"scores have {count} {what}, expected {expected} for {N} keys")
    if mask is not None and not isinstance(mask, Mask):
        raise ArgumentError(
            f"mask is a {type(mask).__name__}, expected an expression of attn.masks"
        )
    query_offset(Mask() if mask is None else mask, M, N, align)
    choice = Choice(
        B, H, count, M, N, k, (bq, bk), group, initial, local, windows, mask, align or "top_left"
    )
    if mask is not None:
        if mask.uses_head and group > 1:
            raise ArgumentError(
                f"mask tells heads apart, {group} heads choose together: expected a mask that "
                "is the same for all heads, or group=1"
            )
        mask.check(B, M, N, H)
    return choice


def write_candidates(function, inputs, choice, extents, map_type):
    """The clause that names the blocks in which the mask keeps a pair; adds what it reads."""
    if choice.mask is None:
        return ""
    offset = choice.N - choice.M if choice.align == "bottom_right" else 0
    operands = Operands(Extents(choice.B, choice.H, choice.M, choice.N, offset))
    text = choice.mask.mlir(operands)
    operands.write(function, inputs, operand_type)
    apart = ""
    if operands or operands.definitions:
        apart += f" batch({extent_of(function, inputs, 'batch', max(choice.B, 1))})"
    if choice.mask.uses_head:
        apart += f" heads({extent_of(function, inputs, 'heads', max(choice.H, 1))})"
    bq, bk = choice.block
    function.line(
        f"%map = attn.block_map mask({text}) shape({', '.join(extents)}) tile({bq}, {bk})"
        f"{apart} align({choice.align}) : {map_type}"
    )
    return f" among(%map : {map_type})"


def select(
    scores,
    M,
    N,
    *,
    k,
    block,
    initial=0,
    local=0,
    group=1,
    length=None,
    stride=None,
    mask=None,
    align=None,
    threads=None,
):
    """The blocks with the highest scores, as lists that `masks.blocks` takes.

        importance[b,n,t,c] = sum over the heads h of group n of scores[b,h,t,c]

    Each row t of blocks of queries takes the first `initial` and the last `local`
    candidates, then those of the highest importance, the first of equals, until it has k.
    Candidates are the blocks in which `mask` keeps a pair: under a causal mask, the last one
    is the block of the query itself, and no block of the future is ever taken. An importance
    of -inf or NaN is not chosen; where fewer than k candidates are left, all are taken.

    With `length` and `stride`, scores are those of the rows of `attn.compress(keys, length,
    stride)`, each counted by the cells of `stride` keys that it shares with a block:

        importance[b,n,t,c] = sum over h in n, e of scores[b,h,t,e] cells(e, c)
        cells(e, c) = max(0, min(e + length/stride, (c + 1) bk/stride) - max(e, c bk/stride))

    Args:
        scores: `[B, H, ceil(M / bq), C]`, or without B; f32, f16 or bf16. C is ceil(N / bk),
            or the rows that `attn.compress` makes of N.
        M, N: queries and keys.
        k: how many blocks a row lists at most.
        block: (bq, bk), the queries and the keys of a block. With (1, 1), top-k attention.
        initial, local: how many first and last candidates are always taken; no more than k.
        group: neighbouring heads that choose together, such as those that share keys.
        length, stride: of the compressed keys; stride divides length and bk, and is length
            if None.
        mask: an expression of `attn.masks`; every block is a candidate if None.
        align: where query 0 stands on the key axis, as in `attn.sdpa`.
        threads: as in `attn.sdpa`.

    Returns:
        A `BlockLists`: int32 `row_ptr` `[B, H / group, ceil(M / bq) + 1]` and `col`, each
        list for a group of heads.

    Raises:
        ShapeError: scores do not fit M, N, block and group; the arrays of the mask do not
            fit; M and N differ without `align` for a mask that uses positions.
        ArgumentError: a number is none or too small, initial + local exceed k, stride does
            not divide, or the mask tells the heads of a group apart.

    Sums are f32, in the order of h, then e. O(C) integers beside the scores for each thread,
    O(k) for each row. Papers: arXiv:2502.11089 (NSA), arXiv:2502.13189 (MoBA).

    >>> scores = np.array([[[1, 9, 9], [5, 7, 6], [9, 3, 1]]], np.float32)
    >>> attn.select(scores, 6, 6, k=2, block=(2, 2), local=1, mask=masks.causal()).col
    array([0, 0, 1, 0, 2], dtype=int32)
    """
    view = Tensor(scores, "scores")
    check_scores(view)
    choice = check_select(
        view.shape, M, N, k=k, block=block, group=group, initial=initial, local=local,
        length=length, stride=stride, mask=mask, align=align,
    )
    batch = (None,) * (len(view.shape) - 3)
    scores_type = tensor_type(view.dtype, *batch, choice.H, None, None)
    list_type = choice.list_type
    function, inputs = Function("select"), [view]
    function.argument("scores", scores_type)
    function.line("%zero = arith.constant 0 : index")
    extents = [
        extent_of(function, inputs, name, extent)
        for name, extent in (("rows", choice.M), ("cols", choice.N))
    ]
    clauses = [f"k({choice.k})"]
    for name in ("initial", "local"):
        clauses.append(f"{name}({getattr(choice, name)})")
    if choice.windows:
        clauses.append("length({}) stride({})".format(*choice.windows))
    among = write_candidates(function, inputs, choice, extents, list_type)
    function.line(
        f"%list = attn.select %scores shape({', '.join(extents)}) {' '.join(clauses)}{among} "
        f": {scores_type} -> {list_type}"
    )
    rows_type, cols_type = tensor_type("i32", None, None, None), tensor_type("i32", None)
    function.line(
        f"%row_ptr, %col = attn.block_tensors %list : {list_type} -> {rows_type}, {cols_type}"
    )
    kernel = kernel_of(function.render(("%row_ptr", rows_type), ("%col", cols_type)))
    row_ptr, col = kernel.run(inputs, (), threads)
    # Rows that list fewer than k leave elements behind the last one.
    return BlockLists(row_ptr, col[: row_ptr[-1, -1, -1]], choice.block, choice.group)
