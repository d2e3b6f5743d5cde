"""What a mask costs, counted by the compiler's own arithmetic, and the page that shows it."""

import json
import re

import numpy as np
import pytest
from py_mini_racer import MiniRacer

import attn
from attn import masks as m
from attn.mask_runs import mask_runs
from attn.mask_script import LIBRARY, NoScript, write_script

MASKS = [
    m.full(),
    m.empty(),
    m.causal(),
    m.window(5, 2),
    m.window(None, 1),
    m.window(None, None),
    m.near(4),
    m.cols(3),
    m.cols_last(2),
    m.rows(2),
    m.rows_last(3),
    m.stride(3),
    m.colmod(5, 2),
    m.lens([7]),
    m.docs([1, 4, 4, 9]),
    m.same([0, 1, 2, 0, 1, 2, 2, 1, 0, 5, 5, 0]),
    m.order([3, 1, 2, 0, 7, 7, 5, 6, 8, 9, 4, 2]),
    m.flags([0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0]),
    m.block(3, m.causal() & ~m.cols(1)),
    m.grid([3, 4], [m.near(3), m.window(1, 0)]),
    m.per_head([m.causal(), m.window(1, 1)]),
    m.random(3, 1) | m.window(1, 0),
    m.random(4, 2**64 - 1),
    m.block(2, m.random(3, 7, within=m.causal() & ~m.cols(1))),
    m.plus_random(2, 7, m.window(2, 0) | m.rows(1), within=m.docs([0, 5, 12])),
    m.blocks(([0, 1, 3, 3], [1, 0, 2]), block=(4, 5)),
    (m.causal() & (m.window(3, 0) | m.cols(2))) | ~m.cols_last(4),
]
NAMES = [repr(mask)[:40] for mask in MASKS]


def tile_kinds(kept, bq, bk):
    """(some pair is kept, every pair is kept) of each tile, by brute force."""
    M, N = kept.shape
    tiles = [
        [kept[i : i + bq, j : j + bk] for j in range(0, N, bk)] for i in range(0, M, bq)
    ]
    return tuple(np.array([[f(tile) for tile in row] for row in tiles]) for f in (np.any, np.all))


@pytest.mark.parametrize("block", [(1, 1), (4, 3), (16, 16)], ids=str)
@pytest.mark.parametrize("mask", MASKS, ids=NAMES)
def test_runs_are_sound(mask, block):
    """No tile that keeps a pair is left out, none that drops one is called full."""
    some, every = tile_kinds(mask.materialize(12, 12, h=1), *block)
    first = np.arange(0, 12, block[0])
    runs = mask_runs(mask, 12, 12, first, block=block, h=1)
    assert runs.dtype == np.int32 and runs.shape == (len(first), 4, 4)
    for row, ranges in enumerate(runs):
        visited, full = np.zeros(some.shape[1], int), np.zeros(some.shape[1], bool)
        end = 0
        for t0, f0, f1, t1 in ranges:
            assert end <= t0 <= f0 <= f1 <= t1 <= len(full)
            visited[t0:t1] += 1
            full[f0:f1] = True
            end = max(end, t1)
        assert visited.max(initial=0) <= 1
        assert (visited >= some[row]).all() and (full <= every[row]).all()


@pytest.mark.parametrize("align", ["top_left", "bottom_right"])
@pytest.mark.parametrize("mask", [m.causal(), m.window(300, 40), m.docs([0, 300, 1000])], ids=repr)
def test_stats_of_intervals_are_exact(mask, align):
    """Masks whose rows are intervals: every empty tile is skipped, every full one known."""
    M, N, block = 500, 1000, (64, 128)
    kept = mask.materialize(M, N, align=align)
    some, every = tile_kinds(kept, *block)
    stats = mask.stats(M, N, block=block, align=align)
    assert (stats.tiles, stats.visited) == (some.size, some.sum())
    np.testing.assert_array_equal(stats.visited_per_row, some.sum(axis=1))
    assert stats.density == pytest.approx(kept.mean())
    # A last tile that is ragged is full in fact and partial in code.
    assert every[:, :-1].sum() <= stats.full <= every.sum()
    assert stats.partial == stats.visited - stats.full
    assert stats.saved == pytest.approx(1 - some.mean())
    assert stats.imbalance == pytest.approx(some.sum(axis=1).max() / some.sum(axis=1).mean())


@pytest.mark.parametrize("mask", MASKS, ids=NAMES)
def test_density(mask):
    assert mask.stats(12, 12, h=1).density == pytest.approx(mask.materialize(12, 12, h=1).mean())


@pytest.mark.parametrize(
    "mask, share",
    [
        (m.causal(), (2**20 + 1) / 2**21),
        (m.rows(1), 2**-20),
        (m.window(255, 0) | m.rows(1), (256 * 2**20 - 255 * 128 + 2**20 - 1) / 2**40),
    ],
    ids=repr,
)
def test_density_of_intervals_is_exact_at_any_length(mask, share):
    stats = mask.stats(1 << 20, 1 << 20)
    assert stats.density == pytest.approx(share, rel=1e-12) and stats.density_error == 0.0
    assert "±" not in str(stats)


LENGTH = 16384


@pytest.mark.parametrize(
    "mask, kept",
    [
        (m.flags(np.arange(LENGTH) % 1024 == 0), 2 * 16 * LENGTH - 16**2),
        (m.same(np.arange(LENGTH) % 8), LENGTH**2 // 8),
        (m.causal() & m.stride(8), sum(i // 8 + 1 for i in range(LENGTH))),
        (m.random(40, 7, within=m.causal()), 40 * LENGTH - 40 * 39 // 2),
        (m.random(40, 7) & ~m.rows(3), 40 * (LENGTH - 3)),
    ],
    ids=("flags", "same", "stride", "drawn from few", "drawn"),
)
def test_density_comes_with_its_error(mask, kept):
    """Of too many pairs to look at, with holes: an estimate within four standard errors."""
    stats = mask.stats(LENGTH, LENGTH)
    assert 0 < stats.density_error < 0.1 * stats.density
    assert abs(stats.density - kept / LENGTH**2) <= 4 * stats.density_error
    assert f"± {stats.density_error:.1g}" in str(stats)


def test_a_million_tokens():
    """Counts of a million by a million, in closed form: nothing as large as M x N is made."""
    n, tiles = 1 << 20, 1 << 13
    causal = m.causal().stats(n, n)
    assert (causal.tiles, causal.visited) == (tiles * tiles, tiles * (tiles + 1) // 2)
    assert causal.partial == tiles and causal.density == pytest.approx(0.5, abs=1e-3)
    window = m.window(255, 0).stats(n, n)
    assert window.visited == 3 * tiles - 3 and window.imbalance == pytest.approx(1, abs=1e-3)


def test_stats_as_text():
    text = str(m.causal().stats(256, 256))
    assert text.startswith("3 of 4 tiles of 128 x 128 visited (1 full, 2 partial), 25.0% saved")


def test_nothing_to_visit():
    for M, N in ((0, 5), (5, 0), (0, 0)):
        stats = m.causal().stats(M, N, align="top_left")
        assert (stats.visited, stats.density, stats.saved, stats.imbalance) == (0, 0.0, 0.0, 1.0)


@pytest.fixture(scope="module")
def engine():
    return MiniRacer()


@pytest.mark.parametrize("align", ["top_left", "bottom_right"])
@pytest.mark.parametrize("mask", MASKS, ids=NAMES)
def test_script_is_the_mask(mask, align, engine):
    """The expression that a page evaluates keeps the pairs that `materialize` keeps."""
    M, N = (12, 12) if isinstance(mask, m.grid) else (11, 12)
    expression, data = write_script(mask, N, h=1)
    offset = N - M if align == "bottom_right" else 0
    kept = engine.eval(f"""(() => {{
      {LIBRARY}
      const data = {json.dumps(data)}, M = {M}, N = {N}, kept = [];
      for (let i = 0; i < M; ++i)
        for (let j = 0; j < N; ++j) {{ const p = i + {offset}; kept.push({expression}); }}
      return JSON.stringify(kept);
    }})()""")
    expected = mask.materialize(M, N, h=1, align=align)
    np.testing.assert_array_equal(np.array(json.loads(kept)).reshape(M, N), expected)


def test_page(tmp_path):
    """The page stands alone, carries the runs, and its script is valid."""
    path = tmp_path / "mask.html"
    mask = m.causal() & m.docs([0, 300, 1000])
    mask.to_html(path, 1000, 1000, block=(64, 128))
    text = path.read_text()
    assert "@" not in re.sub(r"[^@]*<style>.*</style>", "", text, flags=re.S)
    assert "http" not in text and str(mask.stats(1000, 1000, block=(64, 128))) in text
    facts = json.loads(re.search(r"const facts = (.*);", text)[1])
    runs = mask_runs(mask, 1000, 1000, np.arange(0, 1000, 64), block=(64, 128))
    np.testing.assert_array_equal(np.array(facts["runs"]).reshape(runs.shape), runs)
    script = re.search(r"<script>(.*)</script>", text, re.S)[1]
    MiniRacer().eval(f"(() => {{ return () => {{ {script} }}; }})()")


def test_page_of_a_million_tokens(tmp_path):
    path = tmp_path / "mask.html"
    m.window(1023, 0).to_html(path, 1 << 20, 1 << 20)
    assert path.stat().st_size < 1 << 20


def test_page_says_what_it_cannot_draw(tmp_path):
    """Arrays too large for a page leave the map of tiles, and say so."""
    mask = m.same(np.zeros(1 << 19, np.int32))
    with pytest.raises(NoScript, match="more than 262144 numbers"):
        write_script(mask, 1 << 19)
    path = tmp_path / "mask.html"
    mask.to_html(path, 16, 1 << 19, block=(8, 4096))
    assert "Single pairs are not drawn: its arrays hold" in path.read_text()


def test_page_of_random_keys(tmp_path):
    """Keys are drawn from so many, or from blocks of them, and no more."""
    path = tmp_path / "mask.html"
    m.block(64, m.random(8, 7)).to_html(path, 64, 1 << 20)
    assert "isDrawn(" in path.read_text() and "not drawn" not in path.read_text()
    with pytest.raises(NoScript, match="it draws from more than 16384 keys"):
        write_script(m.causal() & m.random(8, 7), 1 << 15)
    m.random(8, 7).to_html(path, 64, 1 << 15)
    assert "Single pairs are not drawn: it draws from more than 16384 keys" in path.read_text()


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"M": -1}, "M is -1, expected a whole number"),
        ({"N": 2.5}, "N is 2.5, expected a whole number"),
        ({"block": (0, 4)}, r"block is \(0, 4\), expected \(bq, bk\)"),
        ({"M": 3}, "3 queries and 8 keys with a mask that uses query positions"),
        ({"align": "left"}, "align is 'left', expected"),
        ({"h": -2}, "h is -2, expected"),
    ],
    ids=str,
)
def test_refusals(arguments, message, tmp_path):
    arguments = {"M": 8, "N": 8, **arguments}
    with pytest.raises(attn.Error, match=message):
        m.causal().stats(**arguments)
    with pytest.raises(attn.Error, match=message):
        m.causal().to_html(tmp_path / "mask.html", **arguments)
    assert not list(tmp_path.iterdir())
