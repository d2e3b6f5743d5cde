"""A mask as a page: the tiles that kernels visit, down to single pairs."""

from __future__ import annotations

import html
import json
from pathlib import Path

import numpy as np

from .errors import ArgumentError
from .mask_runs import check_problem, mask_runs, mask_stats
from .mask_script import LIBRARY, NoScript, write_script
from .masks import query_offset

#: Rows of tiles that a page carries; of more, evenly spaced ones.
MOST_TILE_ROWS = 2048
TEMPLATE = Path(__file__).with_name("mask_page.html")


def describe_pairs(mask, N, b, h):
    """What a page needs to draw single pairs: script and data, or why it cannot."""
    try:
        expression, data = write_script(mask, N, b, h)
    except NoScript as reason:
        return "null", [], f"Single pairs are not drawn: {reason}."
    return f"(i, p, j, M, N, data) => {expression}", data, ""


def mask_page(mask, M, N, *, block=(128, 128), align=None, b=0, h=0):
    """The text of the page; see `Mask.to_html`."""
    M, N, block, b, h = check_problem(mask, M, N, block, align, b, h)
    if not M or not N:
        raise ArgumentError(f"M is {M} and N is {N}, expected at least one query and one key")
    stats = mask_stats(mask, M, N, block=block, align=align, b=b, h=h)
    tile_rows = -(-M // block[0])
    shown = np.linspace(0, tile_rows - 1, min(tile_rows, MOST_TILE_ROWS)).astype(np.int64)
    runs = mask_runs(mask, M, N, shown * block[0], block=block, align=align, b=b, h=h)
    function, data, notice = describe_pairs(mask, N, b, h)
    facts = {
        "M": M,
        "N": N,
        "bq": block[0],
        "bk": block[1],
        "offset": query_offset(mask, M, N, align),
        "shown": shown.tolist(),
        "runs": runs.reshape(len(shown), -1).tolist(),
        "data": data,
    }
    filled = {
        "TITLE": html.escape(repr(mask)),
        "SUMMARY": html.escape(f"{M} queries, {N} keys: {stats}"),
        "NOTICE": html.escape(notice),
        "FACTS": json.dumps(facts, separators=(",", ":")),
        "LIBRARY": LIBRARY,
        "KEEPS": function,
    }
    text = TEMPLATE.read_text(encoding="utf-8")
    for name, value in filled.items():
        text = text.replace(f"@{name}@", value)
    return text
