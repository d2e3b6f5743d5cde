"""Records for people: the line of progress, the table, the facts of the machine."""

from __future__ import annotations

import os
import platform
import re
from datetime import datetime, timezone


def machine():
    """The processor's name and number of cores."""
    name = platform.machine()
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as cpuinfo:
            match = re.search(r"^model name\s*:\s*(.*)$", cpuinfo.read(), re.M)
            name = match.group(1) if match else name
    except OSError:
        pass
    return f"{name}, {len(os.sched_getaffinity(0))} cores"


def facts():
    """What every record says of the run."""
    return {
        "machine": machine(),
        "date": datetime.now(timezone.utc).strftime("%Y-%m-%d"),
        "load": round(os.getloadavg()[0], 1),
    }


def share(record):
    """The share of the limit that the row has: of the peak, or of reading or copying memory."""
    for kind in ("read", "copy"):
        if record[f"{kind}_share"] is not None:
            return f"{record[f'{kind}_share']:.0%} of {kind}"
    return f"{record['peak_share']:.0%}"


def summary(records):
    """One line on a row."""
    ours = records[0]
    parts = [f"{ours['ours_ms']:.2f} ms, {share(ours)}"]
    for record in records:
        if record["peer"]:
            parts.append(f"{record['ratio']:.2f}x {record['peer']}")
    return "; ".join(parts)


def table(records):
    """All records as a Markdown table."""
    lines = [
        "| row | ISA | ours ms (min) | share of peak | peer | peer ms (min) | ratio | max error |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for record in records:
        cells = [
            record["name"],
            record["isa"],
            f"{record['ours_ms']:.2f} ({record['ours_min_ms']:.2f})",
            share(record),
        ]
        if record["peer"]:
            cells += [
                record["peer"],
                f"{record['peer_ms']:.2f} ({record['peer_min_ms']:.2f})",
                f"{record['ratio']:.2f}",
                f"{record['max_error']:.0e}",
            ]
        else:
            cells += ["–"] * 4
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)
