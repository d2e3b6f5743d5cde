"""Masks of code, against float64, in which the same functions are called on arrays."""

import numpy as np
import pytest

import attn
from attn import masks as m
from numerics import BF16, F16, F32, F64, check_sdpa, random_qkv

math = attn.math
RNG = np.random.default_rng(11)
LONGEST = 800
TOPIC = RNG.integers(0, 4, LONGEST).astype(np.int32)
SEGMENT = np.sort(RNG.integers(0, 9, LONGEST))
WEIGHT = RNG.standard_normal((4, LONGEST))
MARKED = RNG.random(LONGEST) < 0.05
LIMITS = np.array([[3, 40, 7, 900], [0, 11, 65, 2]])
NARROW = {dtype: WEIGHT.astype(dtype) for dtype in (F32, F16, BF16)}


def sliding(b, h, i, j):
    return (j <= i) & (i - j < 40)


def checkered(b, h, i, j):
    return (i // 16 + j // 16) % 2 == 0


def topics(b, h, i, j):
    return TOPIC[i] == TOPIC[j]


def segments(b, h, i, j):
    """Far blocks are empty, so that lists have something to leave out."""
    return (SEGMENT[i] == SEGMENT[j]) & ((j <= i) | (j < 3))


def limits(b, h, i, j):
    """Each batch element and head has its own distance."""
    return abs(i - j) <= LIMITS[b, h]


def weights(b, h, i, j):
    return WEIGHT[h, j] + 0.25 * WEIGHT[0, i] > math.tanh(0.01 * (i - j))


def marks(b, h, i, j):
    return MARKED[i] | MARKED[j] & ~(i == j) | ((i + j) % 7 == h)


def every(b, h, i, j):
    return j >= 0


def none(b, h, i, j):
    return i + j < 0


PREDICATES = (sliding, checkered, topics, segments, limits, weights, marks, every, none)
by_name = {"ids": lambda function: function.__name__}


@pytest.mark.parametrize("function", PREDICATES, **by_name)
@pytest.mark.parametrize("dtype", [F32, BF16, F64], ids=lambda dtype: np.dtype(dtype).name)
def test_predicates(function, dtype):
    """Ragged ends, grouped heads, batch elements that differ."""
    check_sdpa(*random_qkv(1, dtype, B=2, H=4, Hk=2, M=301, N=301), mask=m.pred(function))


@pytest.mark.parametrize("function", PREDICATES, **by_name)
@pytest.mark.parametrize("align", ["top_left", "bottom_right"])
@pytest.mark.parametrize("M, N", [(1, 200), (3, 130), (130, 63)])
def test_alignments(function, align, M, N):
    """Decoding steps, chunks, and more queries than keys: those have positions below 0."""
    if M > N and align == "bottom_right" and function in (topics, segments, weights, marks):
        with pytest.raises(attn.ShapeError, match=r"ranges over \[-67, 62\]"):
            attn.sdpa(*random_qkv(2, B=2, H=4, M=M, N=N), mask=m.pred(function), align=align)
        return
    qkv = random_qkv(2, B=2, H=4, Hk=1, M=M, N=N)
    check_sdpa(*qkv, mask=m.pred(function), align=align)


COMPOSITIONS = {
    "all": m.causal() & m.pred(topics),
    "any": m.window(9, 0) | m.pred(weights),
    "not": ~m.pred(marks) & m.pred(checkered),
    "two of one": m.pred(topics) | m.pred(topics) & ~m.pred(limits),
    "block": m.block(32, m.pred(topics)),
    "block of heads": m.causal() & m.block(5, m.per_head([m.pred(marks)] * 3 + [m.causal()])),
    "per_head": m.per_head([m.pred(topics), m.full(), m.pred(segments), m.stride(3)]),
    "grid": m.grid([10, 30], [m.pred(sliding), m.pred(topics) | m.near(5)]),
    "lengths": m.lens([300, 17]) & m.pred(weights),
    "random": m.random(5, 7, within=m.pred(segments)),
    "listed": m.pred(topics) & m.blocks(([0, 1, 3, 3], [0, 0, 2]), block=(128, 128)),
}


@pytest.mark.parametrize("name", COMPOSITIONS)
def test_compositions(name):
    check_sdpa(*random_qkv(3, B=2, H=4, Hk=2, M=300, N=300), mask=COMPOSITIONS[name])


@pytest.mark.parametrize("dtype", NARROW, ids=lambda dtype: np.dtype(dtype).name)
def test_arrays_of_floats(dtype):
    """Elements are exact in f64."""
    table = NARROW[dtype]
    mask = m.pred(lambda b, h, i, j: table[h, j] > table[h, i])
    check_sdpa(*random_qkv(4, H=4, M=200, N=200), mask=mask)


@pytest.mark.parametrize("dtype", [np.int8, np.int32, np.int64, bool], ids=lambda d: d.__name__)
def test_arrays_of_integers(dtype):
    """Whatever number of bits they have, and as indices of each other."""
    table = (TOPIC > 1).astype(dtype)
    kept = (lambda x: x) if dtype is bool else (lambda x: WEIGHT[x, 0] > WEIGHT[0, 1])
    mask = m.pred(lambda b, h, i, j: kept(table[j]) | (table[i] == table[j]) & (j < i))
    check_sdpa(*random_qkv(5, H=2, M=150, N=150), mask=mask)


def test_weights_and_block_map():
    """The other ops with masks agree with the rows in NumPy."""
    mask = m.causal() & m.pred(limits)
    q, k, _ = random_qkv(6, B=2, H=4, M=90, N=90)
    p = attn.weights(q, k, mask=mask)
    np.testing.assert_allclose(p, attn.reference.weights(q, k, mask=mask), atol=2e-6)
    lists = attn.block_map(mask, 90, 90, block=(16, 32), batch=2, heads=4)
    for b in range(2):
        for h in range(4):
            kept = np.zeros((96, 96), bool)
            kept[:90, :90] = mask.materialize(90, 90, b, h)
            listed = lists.evaluate(b, h, 90, 90)
            blocks = kept.reshape(6, 16, 3, 32).any((1, 3))
            np.testing.assert_array_equal(listed, np.kron(blocks, np.ones((16, 32)))[:90, :90] > 0)


def test_comparisons_cost_nothing():
    """What is a window has the runs of a window."""
    pages = [mask.stats(5000, 5000) for mask in (m.pred(sliding), m.causal() & m.window(39, 0))]
    assert str(pages[0]) == str(pages[1])


def test_poison_in_empty_blocks():
    """Keys that the code keeps for no query are not read."""
    q, k, v = random_qkv(7, M=512, N=512)
    mask = m.pred(lambda b, h, i, j: (j // 128) % 2 == 0)
    o = attn.sdpa(q, k, v, mask=mask)
    k[:, :, 128:256] = v[:, :, 128:256] = np.nan
    np.testing.assert_array_equal(attn.sdpa(q, k, v, mask=mask), o)


def test_one_kernel():
    """Neither lengths nor the contents of arrays are part of a kernel."""
    before = None
    for n in (64, 65, 200):
        topic = RNG.integers(0, 3, n)
        mask = m.pred(lambda b, h, i, j, topic=topic: topic[i] == topic[j])
        operands = m.Operands(m.Extents(1, 2, n, n))
        text = mask.mlir(operands), operands.definitions
        assert before in (None, text)
        before = text


def test_refusals():
    """What cannot be a predicate, at once."""

    def with_if(b, h, i, j):
        return True if i > j else False

    with pytest.raises(attn.UnsupportedError, match=r"test_pred.py:\d+: .*attn.math.where"):
        m.pred(with_if)
    with pytest.raises(attn.ArgumentError, match="pred got a int, expected a function"):
        m.pred(3)
    with pytest.raises(attn.ArgumentError, match=r"takes other arguments, expected \(b, h, i, j\)"):
        m.pred(lambda s, b, h, i, j: i > j)
    with pytest.raises(attn.ArgumentError, match="pred returned a traced int, expected whether"):
        m.pred(lambda b, h, i, j: i - j)
    with pytest.raises(attn.ArgumentError, match="pred returned a NoneType"):
        m.pred(lambda b, h, i, j: None)
    with pytest.raises(attn.UnsupportedError, match="as a whole"):
        m.pred(lambda b, h, i, j: np.sum(TOPIC) > j)
    with pytest.raises(attn.ShapeError, match="'counts' has element type uint16, expected"):
        counts = TOPIC.astype(np.uint16)
        m.pred(lambda b, h, i, j: counts[i] == counts[j])


def test_arrays_of_the_wrong_size():
    """Reads that may leave their array are refused, and none is done."""
    q, k, v = random_qkv(8, B=2, H=2, M=64, N=80)
    short = TOPIC[:70]
    mask = m.pred(lambda b, h, i, j: short[i] == short[j])
    for align in ("top_left", "bottom_right"):
        with pytest.raises(attn.ShapeError, match=r"array 'short' ranges over \[0, 79\], the ext"):
            attn.sdpa(q, k, v, mask=mask, align=align)
    with pytest.raises(attn.ShapeError, match="expected align"):
        attn.sdpa(q, k, v, mask=mask)
    with pytest.raises(attn.ShapeError, match="pred reads outside of an array"):
        mask.materialize(80, 80)
    with pytest.raises(attn.ShapeError, match="'short'"):
        attn.block_map(mask, 80, 80, block=(16, 16))
    with pytest.raises(attn.ShapeError, match="'short'"):
        mask.stats(80, 80)
    with pytest.raises(attn.ShapeError, match=r"ranges over \[0, 1\], the extent is 1"):
        one = LIMITS[:1]
        attn.sdpa(q, k, v, mask=m.pred(lambda b, h, i, j: one[b, h] < j), align="top_left")
    # Of as many blocks as there are, it is long enough.
    check_sdpa(q, k, v, mask=m.block(2, mask), align="bottom_right")


def test_text_without_code():
    """A mask of code is no text by itself."""
    with pytest.raises(attn.ArgumentError, match="pred is written to a list"):
        m.pred(topics).mlir([])
