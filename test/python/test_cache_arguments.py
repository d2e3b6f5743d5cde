"""What caches refuse: each message names the values and what was expected."""

import numpy as np
import pytest

import attn
from attn import masks as m

F32 = np.float32


def pages(count=4, page=16, heads=2, width=8):
    return np.zeros((count, page, heads, width), F32)


def table(*rows):
    return np.array(rows, np.int32)


@pytest.mark.parametrize(
    "arrays, message",
    [
        ((pages(page=24), table([0])), "expected a power of two for the 24 keys"),
        ((pages()[0, 0], table([0])), "has shape \\(2, 8\\), expected 3 or 4 dimensions"),
        ((pages(), table([0]).astype(np.int64)), "has element type i64, expected i32"),
        ((pages(), table([0])[0]), "has shape \\(1,\\), expected 2 dimensions"),
    ],
)
def test_views(arrays, message):
    with pytest.raises(attn.ShapeError, match=message):
        attn.paged_view(*arrays)


@pytest.mark.parametrize("entry", (-1, 4, -(2**31), 2**31 - 1))
@pytest.mark.parametrize("rows", (1, 40))
def test_entries_that_are_read(entry, rows):
    """The message names entry, batch element, value and number of pages."""
    q = np.zeros((2, 4, rows, 8), F32)
    k = attn.paged_view(pages(), table([0, 1, 2], [3, entry, entry]))
    message = (
        f"the table holds {entry} for batch element 1, entry 1: "
        "expected the number of one of 4 pages"
    )
    with pytest.raises(attn.ShapeError, match=message):
        attn.sdpa(q, k, k, mask=m.lens([48, 17]))
    with pytest.raises(attn.ShapeError, match=message):
        attn.sdpa(q, k, k)
    with pytest.raises(attn.ShapeError, match=message):
        attn.weights(q, k, mask=m.lens([48, 17]))
    # One key fewer, and the entry is not read.
    assert np.isfinite(attn.sdpa(q, k, k, mask=m.lens([48, 16]))).all()


def test_views_that_do_not_fit_the_query():
    q = np.zeros((3, 4, 1, 8), F32)
    k = attn.paged_view(pages(), table([0], [1]))
    with pytest.raises(attn.ShapeError, match="query has batch 3, key has 2"):
        attn.sdpa(q, k, k)
    with pytest.raises(attn.ShapeError, match="mask lens|lens"):
        attn.sdpa(q[:2], k, k, mask=m.lens([17, 2]))


NEW = np.ones((2, 2, 3, 8), F32)
CACHE = (2, 2, 10, 8)


@pytest.mark.parametrize(
    "arguments, message",
    [
        (dict(pos=[8, 0]), "the last row appended would be row 11 of a cache of 10"),
        (dict(pos=[0, -1]), "pos holds position -1, expected at least 0"),
        (dict(pos=[0, -1], ring=True), "pos holds position -1, expected at least 0"),
        (dict(pos=[0, 0, 0]), "pos has 3 elements, expected 1 or the batch size 2"),
        (dict(pos=[]), "pos has 0 elements, expected 1 or the batch size 2"),
        (dict(pos=np.zeros(2)), "pos has element type f64, expected i32"),
        (dict(pos=0, new=NEW[:1]), "cache has batch size 2, the rows have 1"),
        (dict(pos=0, new=NEW[:, :1]), "cache has heads 2, new has 1"),
        (dict(pos=0, new=NEW[..., :7]), "cache has width 8, new has 7"),
        (dict(pos=0, new=NEW[0]), "expected 3 dimensions"),
        (dict(pos=0, new=NEW.astype(np.float16)), "cache has element type f32, new has f16"),
        (
            dict(pos=0, new=np.ones((2, 2, 11, 8), F32), ring=True),
            "appends 11 rows to a cache of 10 positions, expected no more",
        ),
    ],
)
def test_appends(arguments, message):
    """Nothing is written where something does not fit."""
    cache = np.zeros(CACHE, F32)
    with pytest.raises(attn.ShapeError, match=message):
        attn.kv_append(cache, arguments.pop("new", NEW), **arguments)
    assert (cache == 0).all()


def test_appends_to_pages():
    cache = pages()
    message = "the table holds 4 for batch element 1, entry 1: expected the number of one of 4"
    with pytest.raises(attn.ShapeError, match=message):
        attn.kv_append(cache, NEW, [0, 14], table([0, 1], [2, 4]))
    # A row that runs over the end of a ring meets the entry of the start.
    message = "the table holds -3 for batch element 0, entry 0"
    with pytest.raises(attn.ShapeError, match=message):
        attn.kv_append(cache, NEW, [30, 0], table([-3, 1], [2, 3]), ring=True)
    with pytest.raises(attn.ShapeError, match="cache has batch size 1, the rows have 2"):
        attn.kv_append(cache, NEW, 0, table([0, 1]))
    with pytest.raises(attn.ShapeError, match="power of two"):
        attn.kv_append(pages(page=3), NEW, 0, table([0], [1]))
    assert (cache == 0).all()


def test_memory_that_cannot_be_updated():
    """Read-only caches, rows that are the cache, rings that are no flag."""
    cache = np.zeros(CACHE, F32)
    cache.flags.writeable = False
    with pytest.raises(attn.ArgumentError, match="cache is read-only"):
        attn.kv_append(cache, NEW, 0)
    cache = np.zeros(CACHE, F32)
    with pytest.raises(attn.ArgumentError, match="result 0 overlaps input 1"):
        attn.kv_append(cache, cache[:, :, :3], 5)
    with pytest.raises(attn.ArgumentError, match="ring is 1, expected True or False"):
        attn.kv_append(cache, NEW, 0, ring=1)


def test_dlpack():
    """A cache of another library is updated in place and comes back as itself."""

    class Foreign:
        def __init__(self, array):
            self.array = array

        def __dlpack__(self, **kwargs):
            return self.array.__dlpack__(**kwargs)

        def __dlpack_device__(self):
            return self.array.__dlpack_device__()

    memory = np.zeros(CACHE, F32)
    cache = Foreign(memory)
    assert attn.kv_append(cache, NEW, 4) is cache
    assert memory.sum() == NEW.sum() and (memory[:, :, 4:7] == 1).all()
