"""Turns: ours, each peer, the peak of the machine, and over again; records of them."""

from __future__ import annotations

import json
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np

from .group import SIDES, SideError
from .worker import EVICTED_MIB

# A turn of one side takes at least so long: the clock of processor time is fine, the
# processor's own speed is not.
TURN_MS = 20
MOST_CALLS = 8
MOST_TURNS = 40

# Threads of a peer that wait in a loop disturb the side after it.
PAUSE_S = 0.03

# Beyond this, two sides have not computed the same: sixteen times the rounding of one
# result of size 4 for the narrow types, whose peers round the weights as well.
MOST_ERROR = {"f32": 1e-4, "f16": 16 * 4 * 2.0**-11, "bf16": 16 * 4 * 2.0**-8}


def measure_peak(program, case, cache_bytes=0, milliseconds=20):
    """What attn-peak says, as a dictionary; of `cache_bytes` the rate of reading or of copying."""
    command = [program, f"--isa={case.isa}", f"--threads={case.threads}", f"--ms={milliseconds}"]
    command += ["--dtype=bf16"] if case.has_narrow_products else []
    if cache_bytes:
        kind = "copy" if case.writes_cache else "read"
        command += [f"--{kind}-mib={cache_bytes / 2**20}", f"--evict-mib={EVICTED_MIB}"]
    return json.loads(subprocess.run(command, capture_output=True, check=True, text=True).stdout)


class Measurement:
    """One row: its sides prepared, then run in turns."""

    def __init__(self, group, peak_program, case, peers):
        self.group, self.peak_program, self.case = group, peak_program, case
        self.left_out, self.compile_ms, self.errors = {}, 0.0, {}
        self.sides = ["attn"]
        self.compile_ms = self.prepare("attn")
        for peer in peers:
            try:
                self.prepare(peer)
                self.sides.append(peer)
            except SideError as error:
                self.left_out[peer] = str(error)
        self.times = {side: [] for side in self.sides}
        self.peaks = []

    def prepare(self, side):
        """Makes a side ready; the milliseconds it says it compiled for."""
        process = self.group.side(side, self.case)
        return process.ask("prepare", side=side, case=self.case.to_json())["compile_ms"]

    def compare(self):
        """The largest difference of each peer's result from ours."""
        with tempfile.TemporaryDirectory() as folder:
            results = {}
            for side in self.sides:
                path = str(Path(folder) / f"{side}.npy")
                self.group.side(side, self.case).ask("result", side=side, path=path)
                results[side] = np.load(path)
        for side in self.sides[1:]:
            if results[side].shape != results["attn"].shape:
                self.errors[side] = float("inf")
                continue
            difference = np.abs(results[side] - results["attn"]).max(initial=0.0)
            # What is not a number differs from everything.
            self.errors[side] = float(difference) if difference == difference else float("inf")

    def turn(self, calls):
        """Every side once, and the peak beside them."""
        for side in self.sides:
            ms = self.group.side(side, self.case).ask("run", side=side, calls=calls[side])["ms"]
            self.times[side].append(ms)
            if self.case.threads > 1:
                time.sleep(PAUSE_S)
        case = self.case
        cache = case.cache_bytes if case.is_decoding else 0
        self.peaks.append(measure_peak(self.peak_program, case, cache))

    def run(self, seconds, least_turns):
        """Takes turns for about `seconds`, at least `least_turns`."""
        self.compare()
        self.turn({side: 1 for side in self.sides})
        calls = {
            side: min(MOST_CALLS, max(1, round(TURN_MS / max(times[0][0], 1e-3))))
            for side, times in self.times.items()
        }
        self.times, self.peaks = {side: [] for side in self.sides}, []
        start = time.monotonic()
        while len(self.peaks) < least_turns or (
            time.monotonic() - start < seconds and len(self.peaks) < MOST_TURNS
        ):
            self.turn(calls)

    def records(self, facts):
        """One record for each peer, or one without a peer."""
        medians = [statistics.median(ms) for ms in self.times["attn"]]
        ours = statistics.median(medians)
        peak = statistics.median(peak["gflops"] for peak in self.peaks)
        case = self.case
        rates = {
            kind: statistics.median(peak[f"{kind}_gbps"] for peak in self.peaks)
            for kind in ("read", "copy")
        }
        shared = {
            "name": case.name,
            "family": case.family,
            "dtype": case.dtype,
            "shape": case.shape,
            "threads": case.threads,
            "isa": self.peaks[0]["isa"],
            "ours_ms": ours,
            "ours_min_ms": min(map(min, self.times["attn"])),
        }
        tail = {
            "peak_share": case.flops / (ours * 1e6) / peak,
            "flops": case.flops,
            "compile_ms": self.compile_ms,
        }
        more = {
            "length": case.N,
            "width": case.D,
            "turns": len(self.peaks),
            "peak_gflops": peak,
            **{
                f"{kind}_share": case.cache_bytes / (ours * 1e6) / rate if rate else None
                for kind, rate in rates.items()
            },
            **facts,
        }
        rows = []
        for side in self.sides[1:] or [None]:
            against = {"peer": None, "peer_ms": None, "peer_min_ms": None, "ratio": None}
            if side:
                peer = statistics.median(statistics.median(ms) for ms in self.times[side])
                against = {
                    "peer": SIDES[side][1],
                    "peer_ms": peer,
                    "peer_min_ms": min(map(min, self.times[side])),
                    "ratio": peer / ours,
                }
            rows.append(
                {**shared, **against, **tail, "max_error": self.errors.get(side), **more}
            )
        return rows
