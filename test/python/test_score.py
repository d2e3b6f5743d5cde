"""Score programs traced from Python, against float64, in which the same functions are called
on arrays."""

import functools

import numpy as np
import pytest

import attn
from attn import masks as m
from attn import reference
from numerics import BF16, F16, F32, F64, assert_close, check_sdpa, random_qkv

math = attn.math
RNG = np.random.default_rng(0)
SLOPES = (2.0 ** -np.arange(1, 5)).astype(F32)
BUCKETS = RNG.standard_normal((4, 32))
LONGEST = 150
DISTANCES = RNG.standard_normal((4, 2 * LONGEST + 1)).astype(F32)
DOCUMENTS = np.sort(RNG.integers(0, 5, LONGEST)).astype(np.int32)
GROUPS = RNG.integers(0, 32, LONGEST)
DIVISOR = np.array(3.5)


def alibi(s, b, h, i, j):
    return s - SLOPES[h] * (i - j)


def decay(s, b, h, i, j):
    return s - 0.5 * math.log(1 + abs(i - j) / 4) ** 2


def t5(s, b, h, i, j):
    """Relative buckets, half of them for keys before the query (arXiv:1910.10683)."""
    distance = j - i
    side = math.where(distance > 0, 16, 0)
    n = abs(distance)
    large = 8 + math.floor(math.log(math.maximum(n, 1) / 8) / np.log(16) * 8)
    return s + BUCKETS[h, side + math.where(n < 8, n, math.minimum(large, 15))]


def relative(s, b, h, i, j):
    return s + DISTANCES[h, i - j + LONGEST]


def documents(s, b, h, i, j):
    return math.where(DOCUMENTS[i] == DOCUMENTS[j], s, -np.inf)


def softcap(s, b, h, i, j):
    return 5 * np.tanh(s / 5)


def nested(s, b, h, i, j):
    """Reads at what was read, remainders, and functions that use each other."""
    return s + BUCKETS[h, GROUPS[j]] * looked_up(h, (GROUPS[i] + 7 * j) % 32) - b


def causal_window(s, b, h, i, j):
    """What the compiler turns into masks, the distance of documents left over."""
    near = (i >= j) & (i - j < 40) | (j <= 2)
    return math.where(near & (DOCUMENTS[i] >= DOCUMENTS[j]), 5 * math.tanh(s / 5), -np.inf)


def future(s, b, h, i, j):
    """Distances below 0 only; the last query sees nothing."""
    return math.where(~(2 * (i - j) >= -1), s, -np.inf)


def looked_up(h, bucket):
    return np.cos(BUCKETS[h, bucket]) / DIVISOR


PROGRAMS = (alibi, decay, t5, relative, documents, softcap, nested, causal_window, future)


@pytest.mark.parametrize("score", PROGRAMS, ids=lambda score: score.__name__)
@pytest.mark.parametrize("dtype", [F32, BF16, F64], ids=lambda dtype: np.dtype(dtype).name)
def test_programs(score, dtype):
    q, k, v = random_qkv(1, dtype, B=2, H=4, Hk=2, M=101, N=101)
    check_sdpa(q, k, v, score=score)
    check_sdpa(q, k, v, score=score, mask=m.causal() & m.window(40, 0), sinks=np.ones(4, F32))


@pytest.mark.parametrize("align", m.ALIGNMENTS)
@pytest.mark.parametrize("rows, keys", [(1, 130), (3, 130), (70, 130), (130, 70), (5, 1)])
def test_positions_are_absolute(align, rows, keys):
    """Decoding steps included, which have a form of their own, and queries before all keys."""
    q, k, v = random_qkv(2, H=4, Hk=1, M=rows, N=keys)
    for mask in (None, m.causal()):
        check_sdpa(q, k, v, score=alibi, align=align, mask=mask)
    if align == "top_left" or rows <= keys:
        check_sdpa(q, k, v, score=nested, align=align)
    check_sdpa(q, k, v, score=relative, align=align)


def test_nothing_to_do():
    for rows, keys in ((0, 5), (5, 0)):
        q, k, v = random_qkv(3, H=4, M=rows, N=keys)
        check_sdpa(q, k, v, score=relative, align="top_left")


def test_without_batch_and_with_extreme_scores():
    q, k, v = (x[0] for x in random_qkv(4, F16, H=4, M=33, N=33))
    check_sdpa(q, k, v, score=alibi)
    o = attn.sdpa(q, k, v, score=lambda s, b, h, i, j: -np.inf)
    assert (o == 0).all()
    o = attn.sdpa(q, k, v, score=lambda s, b, h, i, j: math.where(i == 7, np.nan, s))
    assert np.isnan(o[:, 7]).all() and np.isfinite(np.delete(o, 7, 1)).all()


def test_one_kernel_for_every_length():
    def run(length):
        table = np.ones((2, 2 * length + 3), F32)
        q, k, v = random_qkv(5, M=length, N=length)
        middle = table.shape[1] // 2
        del middle  # A number of Python would be a constant: another length, another kernel.
        return attn.sdpa(
            q, k, v, score=lambda s, b, h, i, j: s * table[h, i - j + table.shape[1] // 2]
        )

    run(40)
    before = attn.stats()["kernels_compiled"]
    for length in (1, 64, 99):
        run(length)
    assert attn.stats()["kernels_compiled"] == before


def scores(function, H=2, M=6, N=6, **clauses):
    """The logarithms of what the kernel makes of `function`, row by row up to a constant."""
    q, k = np.zeros((H, M, 4), F64), np.zeros((H, N, 4), F64)
    return np.log(attn.weights(q, k, score=function, **clauses))


def check_formula(function, **clauses):
    """The kernel agrees with the function called on NumPy arrays."""
    q, k = np.zeros((2, 6, 4), F64), np.zeros((2, 6, 4), F64)
    exact = reference.weights(q, k, score=function, **clauses)
    np.testing.assert_allclose(attn.weights(q, k, score=function, **clauses), exact, atol=1e-12)


@pytest.mark.parametrize(
    "formula",
    [
        lambda s, b, h, i, j: (i - j) // 4,
        lambda s, b, h, i, j: (i - j) % 4,
        lambda s, b, h, i, j: (i - j) // -3 + (j - i) % -3,
        lambda s, b, h, i, j: 7 // (j + 1) + 7 % (i + 1),
        lambda s, b, h, i, j: i / 4 - 3 / (j + 2),
        lambda s, b, h, i, j: (i - 0.5 * j) // 1.5,
        lambda s, b, h, i, j: (i - 0.5 * j) % 1.5,
        lambda s, b, h, i, j: -abs(i - j) + (+j) - (-i),
        lambda s, b, h, i, j: (i - j) ** 3 + 0.5**2 * (j + 1.0) ** -2,
        lambda s, b, h, i, j: (i * i) ** 0.5,
        lambda s, b, h, i, j: (i & 3) + (i ^ j) + (i | 8) * (j & -2),
        lambda s, b, h, i, j: (i > j) * 2.0 + ((i == j) | (j != 2)) + (~(i >= 4) & (j <= 4)),
        lambda s, b, h, i, j: math.where((i < 3) ^ (j < 3), 1, 2.5),
        lambda s, b, h, i, j: np.where(np.logical_and(i, j), 1.0, 0.0),
        lambda s, b, h, i, j: math.minimum(i, 3) - np.maximum(j, i) + np.clip(j, 1, 4),
        lambda s, b, h, i, j: np.exp(-np.square(i - j)) + math.exp2(j - 3) + np.sqrt(i + j),
        lambda s, b, h, i, j: math.sin(i) + math.cos(j) + math.tan(0.1 * (i - j)),
        lambda s, b, h, i, j: math.tanh(i - j) + math.log(i + 1) + math.log2(j + 1),
        lambda s, b, h, i, j: math.floor(-0.3 * j) + np.floor(0.4 * i) + np.ceil(0.4 * j),
        lambda s, b, h, i, j: np.rint(0.5 * i) + np.trunc(-0.7 * j),
        lambda s, b, h, i, j: (0.7 * (i - j)).astype(int) + (i - 2).astype(bool),
        lambda s, b, h, i, j: np.float32(0.5) * i + np.int64(2) * j,
        lambda s, b, h, i, j: h - b + 0 * i,
    ],
)
def test_formulas(formula):
    check_formula(formula)


def test_logarithms_of_every_size():
    """Of subnormal numbers, of those next to one and where the exponent changes, and of zero."""
    x = np.array([1, 5e-324, 3e-310, 2.3e-308, 0.5**0.5, np.nextafter(1, 0), 2**0.5, 1e308, 0])
    with np.errstate(divide="ignore"):
        # A quarter, for weights e^-500 apart are numbers still.
        found = 4 * scores(lambda s, b, h, i, j: 0.25 * math.log2(x[j]), N=x.size)
        exact = np.broadcast_to(np.log2(x), found.shape)
    np.testing.assert_allclose(found - found[..., :1], exact, atol=1e-12)


def test_constants_count_from_the_end_and_rows_are_views():
    table = np.arange(12.0).reshape(3, 4)

    def score(s, b, h, i, j):
        row = table[-2]  # Not a copy: what is read of it is read of the table.
        return row[-1] * (i == j) + table[h, h + 1] * (i > j) + row[math.clip(j, 0, 3)]

    check_formula(score)


@pytest.mark.parametrize("kind", ["f4", "f8", "f2", "i1", "i4", "i8", "?"])
def test_types_of_arrays(kind):
    values = np.array([0, 3, 1, -2, 5, 1]).astype(kind)
    check_formula(lambda s, b, h, i, j: values[i] * 0.5 + values[j])


def test_arrays_lie_where_they_are():
    """Strides of any sign, arrays that cannot be written to, and those broadcast."""
    base = RNG.standard_normal((8, 12))
    for table in (base[::2, ::-2], base.T[:6, :6], np.broadcast_to(base[0, :6], (6, 6))):
        table.flags.writeable = False
        check_formula(lambda s, b, h, i, j, table=table: table[math.minimum(i, 3), j])


def test_variables_of_all_kinds():
    """Defaults, closures, partial functions and methods."""
    table = np.arange(6.0)

    class Model:
        slope = 0.25

        def score(self, s, b, h, i, j):
            return s - self.slope * (i - j) * table[j]

    def with_keyword(s, b, h, i, j, *, table=table):
        return s + table[i] * j

    def with_argument(table, s, b, h, i, j):
        return s + table[i] - table[j]

    check_formula(Model().score)
    check_formula(with_keyword)
    check_formula(functools.partial(with_argument, table))


def test_functions_stay_as_they_are():
    def score(s, b, h, i, j):
        return s + table[j]

    table = np.arange(6.0)
    cell = score.__closure__[0]
    scores(score)
    assert cell.cell_contents is table and score.__globals__["SLOPES"] is SLOPES
    table[:] = [0, 0, 0, 9, 0, 0]
    assert np.argmax(scores(score)[0, 0]) == 3


def test_other_libraries():
    """An array with nothing but DLPack."""

    class Exporter:
        def __init__(self, array):
            self.array = array

        def __dlpack__(self, **keywords):
            return self.array.__dlpack__(**keywords)

        def __dlpack_device__(self):
            return self.array.__dlpack_device__()

    table = np.arange(6.0)
    exported = Exporter(table)
    np.testing.assert_array_equal(
        scores(lambda s, b, h, i, j: s + exported[j]), scores(lambda s, b, h, i, j: s + table[j])
    )


def test_reads_that_a_condition_allows():
    """Tables shorter than the distances that the condition keeps away."""
    table = np.arange(4.0)

    def guarded(s, b, h, i, j):
        distance = i - j
        near = math.where((distance >= 0) & (distance <= 3), table[distance], 0.0)
        far = math.where(abs(distance) > 1, 0.0, table[1 - distance])
        odd = math.where(j != 0, 6 // j, 0)
        return near + far + odd

    distance = np.arange(6)[:, None] - np.arange(6)
    near = np.where((distance >= 0) & (distance <= 3), table[np.clip(distance, 0, 3)], 0.0)
    far = np.where(abs(distance) > 1, 0.0, table[np.clip(1 - distance, 0, 3)])
    odd = np.where(np.arange(6) != 0, 6 // np.maximum(np.arange(6), 1), 0)
    exact = near + far + odd
    exact = exact - np.log(np.exp(exact).sum(-1, keepdims=True))
    np.testing.assert_allclose(scores(guarded), np.broadcast_to(exact, (2, 6, 6)), atol=1e-12)


def test_weights():
    q, k, _ = random_qkv(6, H=4, Hk=2, M=20, N=30)
    clauses = {"score": t5, "mask": m.causal(), "align": "bottom_right"}
    exact = reference.weights(q, k, **clauses)
    assert_close(attn.weights(q, k, **clauses), exact, np.ones(1), 30)
