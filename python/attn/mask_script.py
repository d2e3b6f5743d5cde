"""Masks as JavaScript expressions, with which a page draws single pairs.

An expression is over i (raw query row), p (its absolute position), j, M and N, and over
`data`, the list of arrays that atoms read, or keep what they found in. Python's floors are
`floorDiv` and `floorMod`.
"""

from __future__ import annotations

import functools
import math

from . import masks as m

#: Numbers that a page carries for one mask.
MOST_NUMBERS = 1 << 18

#: Keys of a row among which a page looks for those that are drawn.
MOST_CANDIDATES = 1 << 14

#: What expressions call.
LIBRARY = """
const floorDiv = (x, y) => Math.floor(x / y);
const floorMod = (x, y) => x - y * Math.floor(x / y);
const clamp = (x, lo, hi) => Math.min(Math.max(x, lo), Math.max(lo, hi));
const countUpTo = (sorted, x) => {
  let lo = 0, hi = sorted.length;
  while (lo < hi) {
    const middle = (lo + hi) >> 1;
    if (sorted[middle] <= x) lo = middle + 1; else hi = middle;
  }
  return lo;
};
const inSameDocument = (cu, i, j) => {
  const document = countUpTo(cu, i);
  return document > 0 && document < cu.length && document === countUpTo(cu, j);
};
const isListed = (ends, columns, row, column) => {
  for (let entry = ends[row]; entry < ends[row + 1]; ++entry)
    if (columns[entry] === column) return true;
  return false;
};
const mix = (x) => {
  x = BigInt.asUintN(64, x + 0x9e3779b97f4a7c15n);
  x = BigInt.asUintN(64, (x ^ (x >> 30n)) * 0xbf58476d1ce4e5b9n);
  x = BigInt.asUintN(64, (x ^ (x >> 27n)) * 0x94d049bb133111ebn);
  return x ^ (x >> 31n);
};
const drawRow = (r, seed, h, i, N, isCandidate) => {
  const row = mix(mix(mix(seed) ^ BigInt(h)) ^ BigInt(i)), hashed = [];
  for (let j = 0; j < N; ++j)
    if (isCandidate(j)) hashed.push([mix(row ^ BigInt(j)), j]);
  hashed.sort((a, b) => (a[0] < b[0] ? -1 : 1));
  return new Set(hashed.slice(0, r).map((pair) => pair[1]));
};
const isDrawn = (memo, r, seed, h, i, p, j, N, isCandidate) => {
  const row = `${i} ${p}`;
  if (!memo[row]) memo[row] = drawRow(r, seed, h, i, N, isCandidate);
  return memo[row].has(j);
};
"""


class NoScript(Exception):
    """The mask cannot be evaluated by a page; the text says why."""


class Writer:
    """Writes expressions for one batch element and head."""

    def __init__(self, b, h, N):
        self.b, self.h, self.N = b, h, N
        self.data = []

    def keep(self, values):
        """The name of an array that the page carries."""
        if sum(map(len, self.data)) + len(values) > MOST_NUMBERS:
            raise NoScript(f"its arrays hold more than {MOST_NUMBERS} numbers")
        self.data.append([int(value) for value in values])
        return f"data[{len(self.data) - 1}]"


@functools.singledispatch
def script(mask, writer):
    """The expression of `mask`."""
    raise NoScript(f"{type(mask).__name__} is not evaluated in a page")


def write_script(mask, N, b=0, h=0):
    """(expression, data) of a mask on N keys; raises `NoScript` if there is none."""
    writer = Writer(b, h, N)
    return script(mask, writer), writer.data


def join(masks, writer, operator, neutral):
    """The expressions of masks with an operator between them."""
    return "(" + f" {operator} ".join([script(mask, writer) for mask in masks] or [neutral]) + ")"


script.register(m.All, lambda mask, writer: join(mask.masks, writer, "&&", "true"))
script.register(m.Any, lambda mask, writer: join(mask.masks, writer, "||", "false"))
script.register(m.Not, lambda mask, writer: f"!{join(mask.masks, writer, '&&', 'true')}")
script.register(m.full, lambda mask, writer: "true")
script.register(m.empty, lambda mask, writer: "false")
script.register(m.causal, lambda mask, writer: "(j <= p)")
script.register(m.cols, lambda mask, writer: f"(j < {mask.n})")
script.register(m.cols_last, lambda mask, writer: f"(j >= N - {mask.n})")
script.register(m.rows, lambda mask, writer: f"(i < {mask.n})")
script.register(m.rows_last, lambda mask, writer: f"(i >= M - {mask.n})")


@script.register
def _(mask: m.window, writer):
    sides = [f"p - j <= {mask.l}"] * (mask.l is not None)
    sides += [f"j - p <= {mask.r}"] * (mask.r is not None)
    return f"({' && '.join(sides) or 'true'})"


@script.register
def _(mask: m.near, writer):
    start = f"clamp(p - {mask.n // 2}, 0, N - {mask.n})"
    return f"(j >= {start} && j < {start} + {mask.n})"


@script.register
def _(mask: m.lens, writer):
    return f"(j < {mask.values[writer.b if len(mask.values) > 1 else 0]})"


@script.register
def _(mask: m.docs, writer):
    return f"inSameDocument({writer.keep(mask.values)}, i, j)"


@script.register
def _(mask: m.stride, writer):
    return f"(floorMod(p - j, {mask.s}) === 0)"


@script.register
def _(mask: m.colmod, writer):
    return f"(floorMod(j, {mask.s}) >= {mask.s - mask.c})"


@script.register
def _(mask: m.same, writer):
    name = writer.keep(mask.values)
    return f"({name}[i] === {name}[j])"


@script.register
def _(mask: m.order, writer):
    name = writer.keep(mask.values)
    return f"({name}[j] <= {name}[i])"


@script.register
def _(mask: m.flags, writer):
    name = writer.keep(mask.values)
    return f"({name}[i] !== 0 || {name}[j] !== 0)"


@script.register
def _(mask: m.blocks, writer):
    lists = mask.lists
    batches, heads, _ = lists.row_ptr.shape
    rows = lists.row_ptr[writer.b if batches > 1 else 0, writer.h if heads > 1 else 0]
    ends, columns = writer.keep(rows), writer.keep(lists.col)
    bq, bk = mask.block
    return f"isListed({ends}, {columns}, floorDiv(i, {bq}), floorDiv(j, {bk}))"


@script.register
def _(mask: m.block, writer):
    N = writer.N
    writer.N = -(-N // mask.b)
    inner = script(mask.masks[0], writer)
    writer.N = N
    scaled = ", ".join(f"floorDiv({x}, {mask.b})" for x in ("i", "p", "j"))
    extents = ", ".join(f"-floorDiv(-{x}, {mask.b})" for x in ("M", "N"))
    return f"((i, p, j, M, N) => {inner})({scaled}, {extents})"


def script_draw(mask, writer, candidates):
    """Whether a key is among those that `mask` draws from `candidates`; rows are kept."""
    if writer.N > MOST_CANDIDATES:
        raise NoScript(f"it draws from more than {MOST_CANDIDATES} keys")
    return (
        f"isDrawn({writer.keep([])}, {mask.r}, {mask.seed}n, {writer.h}, i, p, j, N, "
        f"(j) => {' && '.join(candidates) or 'true'})"
    )


@script.register
def _(mask: m.random, writer):
    return script_draw(mask, writer, [script(part, writer) for part in mask.masks])


@script.register
def _(mask: m.plus_random, writer):
    kept, *within = [script(part, writer) for part in mask.masks]
    return f"({kept} || {script_draw(mask, writer, [f'!{kept}', *within])})"


@script.register
def _(mask: m.per_head, writer):
    if writer.h >= len(mask.masks):
        raise NoScript(f"per_head has {len(mask.masks)} masks, head {writer.h} has none")
    return script(mask.masks[writer.h], writer)


@script.register
def _(mask: m.grid, writer):
    points = math.prod(mask.shape)
    axes = [f"p >= 0 && p < {points}"]
    for extent, inner in zip(mask.shape, mask.masks):
        points //= extent
        at, key = (f"floorMod(floorDiv({x}, {points}), {extent})" for x in ("p", "j"))
        expression = script(inner, writer)
        axes.append(f"((i, p, j, M, N) => {expression})({at}, {at}, {key}, {extent}, {extent})")
    return f"({' && '.join(axes)})"
