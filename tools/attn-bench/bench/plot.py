"""Draws records of attn-bench: `plot.py RECORDS.json PICTURE.png`."""

from __future__ import annotations

import json
import sys

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402  (the backend has to be chosen first)

COLORS = {("dense", 64): "#1f77b4", ("dense", 128): "#0b3c6f",
          ("causal", 64): "#ff7f0e", ("causal", 128): "#b34700"}


def curve_type(isa):
    """The type whose curves are drawn for an instruction set."""
    return "bf16" if isa == "amx" else "f32"


def series(records, isa, family, width):
    """The records against SDPA of one curve, by length."""
    chosen = [
        record
        for record in records
        if (record["isa"], record["family"], record["width"]) == (isa, family, width)
        and record["dtype"] == curve_type(isa) and record["threads"] == 1
        and record["peer"] in ("torch SDPA", None) and record["length"] % 512 == 0
    ]
    return sorted(chosen, key=lambda record: record["length"])


def draw_curves(records, isa, ratios, shares):
    """Ratio and share of peak by length, for one instruction set."""
    for (family, width), color in COLORS.items():
        rows = series(records, isa, family, width)
        if not rows:
            continue
        label = f"{family}, D={width}"
        lengths = [row["length"] for row in rows]
        shares.plot(lengths, [100 * row["peak_share"] for row in rows], "o-", color=color,
                    label=f"{label}, ours")
        against = [row for row in rows if row["ratio"]]
        if against:
            lengths = [row["length"] for row in against]
            ratios.plot(lengths, [row["ratio"] for row in against], "o-", color=color, label=label)
            peer = [100 * row["peak_share"] / row["ratio"] for row in against]
            shares.plot(lengths, peer, "x:", color=color, label=f"{label}, SDPA")
    ratios.axhline(1, color="grey", linewidth=1)
    ratios.set_title(f"{isa}, {curve_type(isa)}: time of torch SDPA / ours")
    shares.set_title(f"{isa}, {curve_type(isa)}: share of the multiply-add peak")
    ratios.set_ylim(0, 1.25 * ratios.get_ylim()[1])
    shares.set_ylim(0, 140)
    shares.set_yticks(range(0, 101, 20))
    shares.set_ylabel("%")
    for axes in (ratios, shares):
        axes.set_xscale("log", base=2)
        axes.set_xlabel("N")
        axes.xaxis.set_major_formatter(matplotlib.ticker.ScalarFormatter())
        axes.grid(alpha=0.3)
        if axes.lines[1:]:
            axes.legend(fontsize=7, ncols=2)


def draw_bars(records, axes):
    """The rows that are no curve, against each peer."""
    rows = [
        record
        for record in records
        if record["ratio"] and not (
            record["family"] in ("dense", "causal") and record["dtype"] == curve_type(record["isa"])
            and record["threads"] == 1 and record["peer"] == "torch SDPA"
            and record["length"] % 512 == 0 and record["width"] in (64, 128)
        )
    ][::-1]
    labels = [f"{row['name']}  vs {row['peer']}" for row in rows]
    bars = axes.barh(range(len(rows)), [row["ratio"] for row in rows], color="#1f77b4")
    axes.set_yticks(range(len(rows)), labels, fontsize=7)
    axes.bar_label(bars, [f" {row['ratio']:.2f}" for row in rows], fontsize=7)
    axes.axvline(1, color="grey", linewidth=1)
    if rows:
        axes.set_xscale("log")
        axes.margins(x=0.15, y=0.01)
    axes.set_title("time of peer / ours")


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        records = json.load(file)
    isas = list(dict.fromkeys(record["isa"] for record in records))
    figure = plt.figure(figsize=(15, 4.2 * max(2, len(isas))), layout="constrained")
    grid = figure.add_gridspec(max(2, len(isas)), 3, width_ratios=(1, 1, 1.1))
    for row, isa in enumerate(isas):
        ratios, shares = (figure.add_subplot(grid[row, column]) for column in (0, 1))
        draw_curves(records, isa, ratios, shares)
    draw_bars(records, figure.add_subplot(grid[:, 2]))
    figure.suptitle(f"{records[0]['machine']} · {records[0]['date']} · above 1: ours is faster")
    figure.savefig(sys.argv[2], dpi=110)


if __name__ == "__main__":
    main()
