"""Compares what attn-reassociate counts with all orders of random chains around attention."""

import itertools
import math
import random
import re
import subprocess
import sys

CASES = 300


class Matrix:
    """A matrix of a chain: its name in IR, heads, rows, columns, and if it has a batch."""

    def __init__(self, name, heads, rows, columns, has_batch):
        self.name, self.heads, self.rows, self.columns, self.has_batch = name, heads, rows, columns, has_batch


class Tree:
    """An order of a chain: the cost of each product by what it multiplies, outermost last."""

    def __init__(self, leaves, key, products, heads=0):
        self.leaves, self.key, self.products, self.heads = leaves, key, products, heads


def lcm_of(leaves):
    return math.lcm(*(leaf.heads for leaf in leaves))


def trees(leaves, batch, is_attention, flip):
    """All orders of `leaves`; `is_attention(left, right)` says where attention multiplies, and
    `flip(left, right)` whether keys of the range are read from the right."""
    if len(leaves) == 1:
        yield Tree(leaves, leaves[0].name, {})
        return
    for cut in range(1, len(leaves)):
        for left, right in itertools.product(trees(leaves[:cut], batch, is_attention, flip),
                                             trees(leaves[cut:], batch, is_attention, flip)):
            heads = left.heads
            if is_attention(left, right):
                if lcm_of(left.leaves) != lcm_of(leaves):
                    continue
                heads = lcm_of(right.leaves)
            cost = lcm_of(leaves) * leaves[0].rows * left.leaves[-1].columns * leaves[-1].columns
            if any(leaf.has_batch for leaf in leaves):
                cost *= batch
            key = (right.key, left.key) if flip else (left.key, right.key)
            yield Tree(leaves, key, {**left.products, **right.products, key: cost}, heads)


def cost_of(scores, output):
    """The multiplications of both; products that are the same are made once."""
    return sum({**scores.products, **output.products}.values())


def chain_of(rng, prefix, rows, heads, widths):
    """Rows and matrices with `heads` together, at random."""
    while True:
        have = [rng.choice([1, heads]) for _ in widths]
        if math.lcm(*have) == heads:
            break
    first = Matrix(f"{prefix}0", have[0], rows, widths[0], True)
    return [first] + [Matrix(f"{prefix}{k}", have[k], widths[k - 1], widths[k], False) for k in range(1, len(widths))]


class Case:
    """A random attention with products around it."""

    def __init__(self, seed):
        rng = random.Random(seed)
        width = lambda: rng.choice([3, 8, 20, 64])
        self.batch = rng.choice([None, 1, 3])
        self.heads = rng.choice([1, 2, 4])
        kv_heads = rng.choice([h for h in (1, 2, 4) if self.heads % h == 0])
        queries, keys = rng.choice([1, 7, 50, 400]), rng.choice([1, 9, 60, 500])
        depth = width()
        count = lambda: rng.choice([0, 1, 1, 2])
        self.query = chain_of(rng, "q", queries, self.heads, [width() for _ in range(count())] + [depth])
        self.key = chain_of(rng, "k", keys, kv_heads, [width() for _ in range(count())] + [depth])
        self.value = chain_of(rng, "v", keys, kv_heads, [width() for _ in range(count() + 1)])
        shared = rng.choice([0, 1, 2, len(self.key)])
        head, tail = self.key[:shared], self.value[shared:]
        if head and math.lcm(*(m.heads for m in head + tail)) == kv_heads:
            if tail:
                tail[0].rows = head[-1].columns
            self.value = head + tail
        wide = self.value[-1].columns
        self.out = []
        for k in range(count()):
            self.out.append(Matrix(f"o{k}", rng.choice([1, kv_heads, self.heads]), wide, width(), False))
            wide = self.out[-1].columns
        if len(self.query) == len(self.key) == len(self.value) == 1 and not self.out:
            self.out.append(Matrix("o0", 1, wide, 5, False))

    def type_of(self, heads, rows, columns, has_batch=True):
        extents = ([self.batch] if self.batch and has_batch else []) + [heads, rows, columns]
        return f"tensor<{'x'.join(map(str, extents))}xf32>"

    def text(self):
        """The case in IR."""
        arguments = {}
        for leaf in self.query + self.key + self.value + self.out:
            arguments[leaf.name] = self.type_of(leaf.heads, leaf.rows, leaf.columns, leaf.has_batch)
        lines, made = [], {}

        def multiply(name, rows, heads, matrices):
            current, have = name, arguments.get(name) or made[name]
            count = rows
            for matrix in matrices:
                heads = math.lcm(heads, matrix.heads)
                result, kind = f"{current}_{matrix.name}", self.type_of(heads, count, matrix.columns)
                if result not in made:
                    lines.append(f"%e_{result} = tensor.empty() : {kind}")
                    lines.append(f"%{result} = attn.head_product %{current}, %{matrix.name} outs(%e_{result} : {kind})"
                                 f" : {have}, {arguments[matrix.name]} -> {kind}")
                    made[result] = kind
                current, have = result, kind
            return current, have

        sides = [multiply(c[0].name, c[0].rows, c[0].heads, c[1:]) for c in (self.query, self.key, self.value)]
        made["out"] = self.type_of(self.heads, self.query[0].rows, self.value[-1].columns)
        names, kinds = zip(*sides)
        lines.append(f"%out = attn.sdpa {', '.join('%' + n for n in names)} : ({', '.join(kinds)}) -> {made['out']}")
        last, kind = multiply("out", self.query[0].rows, self.heads, self.out)
        declared = ", ".join(f"%{name}: {kind}" for name, kind in arguments.items())
        return "\n".join([f"func.func @f({declared}) -> {kind} {{", *lines, f"return %{last} : {kind}", "}"])

    def orders(self):
        """All pairs of orders, and the one as written."""
        batch = self.batch or 1
        transposed = [Matrix(m.name, m.heads, m.columns, m.rows, m.has_batch) for m in reversed(self.key)]
        chain = self.query + transposed
        weights = Matrix("P", self.heads, self.query[0].rows, self.key[0].rows, True)
        scores = trees(chain, batch, lambda l, r: len(l.leaves) + len(r.leaves) == len(chain), True)
        output = trees([weights] + self.value + self.out, batch, lambda l, r: l.key == "P", False)
        pairs = list(itertools.product(list(scores), list(output)))

        def fold(matrices):
            key = matrices[0].name
            for matrix in matrices[1:]:
                key = (key, matrix.name)
            return key

        query = self.query[0].name
        for matrix in self.query[1:]:
            query = (matrix.name, query)
        result = ("P", fold(self.value))
        for matrix in self.out:
            result = (result, matrix.name)
        wanted = (fold(self.key), query), result
        written = [p for p in pairs if (p[0].key, p[1].key) == wanted]
        assert len(written) == 1
        return pairs, written[0]


cases = [Case(seed) for seed in range(CASES)]
source = "\n// -----\n".join(case.text() for case in cases)
run = subprocess.run(["attn-opt", "--split-input-file", "--attn-reassociate", "--attn-explain", "-o", "/dev/null"],
                     input=source, capture_output=True, text=True)
if run.returncode:
    sys.exit(run.stderr[:2000])
# The line of each remark says whose it is.
ends = list(itertools.accumulate(case.text().count("\n") + 2 for case in cases))
remarks = {}
for line, text in re.findall(r"^[^:\n]*:(\d+):\d+: remark: (.*)$", run.stderr, re.MULTILINE):
    remarks.setdefault(next(k for k, end in enumerate(ends) if int(line) <= end), []).append(text)
outcomes = {"changed": 0, "kept": 0, "bound": 0}
for seed, case in enumerate(cases):
    pairs, written = case.orders()
    before = cost_of(*written)
    best = min(cost_of(*pair) for pair in pairs if pair[0].heads == pair[1].heads)
    unbound = min(cost_of(*pair) for pair in pairs)
    found = remarks.get(seed, [])
    where = f"case {seed}: {found}, expected {best} of {before}, {unbound} with other heads\n{case.text()}"
    assert len(found) == 1, where
    if change := re.search(r"becomes .*: (\d+) multiplications instead of (\d+)", found[0]):
        assert (int(change[1]), int(change[2])) == (best, before) and best < before, where
        outcomes["changed"] += 1
    elif "keys would have" in found[0]:
        assert best == before and unbound < best, where
        outcomes["bound"] += 1
    else:
        assert best == before and f"multiplies {before} times, no other order less" in found[0], where
        outcomes["kept"] += 1
assert all(outcomes.values()), outcomes
print(f"{CASES} chains: {outcomes}")
