"""The processes that take turns: one for our kernels, one for each library of peers."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

# Side: the module of workers that computes it, and its name in records.
SIDES = {
    "attn": ("ours", "attn"),
    "sdpa": ("torch_peers", "torch SDPA"),
    "grouped": ("torch_peers", "torch, heads grouped"),
    "unfused": ("torch_peers", "torch, unfused"),
    "split": ("torch_peers", "torch SDPA per document"),
    "chunked": ("torch_peers", "torch SDPA in chunks"),
    "flex": ("torch_peers", "torch FlexAttention"),
    "eager": ("torch_linear", "torch, eager"),
    "compiled": ("torch_linear", "torch.compile"),
    "plain": ("torch_low_rank", "torch, plain"),
    "fused": ("torch_low_rank", "torch SDPA and products"),
    "onnxruntime": ("other_peers", "ONNX Runtime"),
    "iree": ("other_peers", "IREE, unfused"),
    "numpy": ("other_peers", "NumPy"),
}
PEERS = [side for side in SIDES if side != "attn"]

# What torch.compile makes takes 10 to 40 s to compile a row.
SLOW_PEERS = ("flex", "compiled")

# What each side's package imports as, to see whether it is there.
PACKAGES = {"torch_peers": ["torch"], "torch_linear": ["torch"], "torch_low_rank": ["torch"],
            "numpy": [], "onnxruntime": ["onnx", "onnxruntime"],
            "iree": ["iree.compiler", "iree.runtime"]}

# How each library is told which instructions it may use.
CAPS = {
    "native": {},
    "avx2": {
        "ATTN_TARGET": "x86-64-v3",
        "ATEN_CPU_CAPABILITY": "avx2",
        "ONEDNN_MAX_CPU_ISA": "AVX2",
        "MKL_ENABLE_INSTRUCTIONS": "AVX2",
        "OPENBLAS_CORETYPE": "Haswell",
    },
}


class SideError(Exception):
    """A side that cannot do a row, and why."""


def installed(python):
    """The peers that the interpreter `python` can import, and the others' reasons."""
    present, absent = [], {}
    for peer in PEERS:
        module = SIDES[peer][0]
        packages = PACKAGES.get(peer, PACKAGES.get(module))
        finder = "from importlib.util import find_spec as f; import sys; " + (
            "sys.exit(not all(f(n) for n in ['numpy', 'ml_dtypes'] + sys.argv[1:]))"
        )
        try:
            status = subprocess.run(
                [python, "-c", finder, *packages], capture_output=True, check=False
            ).returncode
        except OSError:
            status = 1
        if status == 0:
            present.append(peer)
        else:
            absent[peer] = "not installed"
    return present, absent


class Process:
    """A worker, spoken to line by line."""

    def __init__(self, python, module, isa, threads):
        environment = {
            **os.environ,
            **CAPS[isa],
            **{
                f"{library}_NUM_THREADS": str(threads)
                for library in ("OMP", "MKL", "OPENBLAS", "ATTN")
            },
            # The time to compile is a result: nothing may come from an earlier run.
            "ATTN_CACHE_DIR": "",
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        self.process = subprocess.Popen(
            [python, "-m", "bench.worker", module],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self.read()

    def read(self):
        """The next answer; raises `SideError` for an error or the end of the process."""
        line = self.process.stdout.readline()
        if not line:
            raise SideError(f"its process ended with status {self.process.wait()}")
        reply = json.loads(line)
        if "error" in reply:
            raise SideError(reply["error"])
        return reply

    def ask(self, do, **request):
        """Sends one request and waits for the answer."""
        try:
            self.process.stdin.write(json.dumps({"do": do, **request}) + "\n")
            self.process.stdin.flush()
        except BrokenPipeError as error:
            raise SideError(f"its process ended with status {self.process.wait()}") from error
        return self.read()

    def close(self):
        """Ends the process."""
        self.process.stdin.close()
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Group:
    """The workers of one instruction set and thread count, started when first needed."""

    def __init__(self, peers_python):
        self.peers_python = peers_python
        self.key, self.processes = None, {}

    def side(self, side, case):
        """The process that computes `side` for the case."""
        key = (case.isa, case.threads)
        if key != self.key:
            self.close()
            self.key = key
        module = SIDES[side][0]
        process = self.processes.get(module)
        if process is None or process.process.poll() is not None:
            python = sys.executable if module == "ours" else self.peers_python
            process = self.processes[module] = Process(python, module, *key)
        return process

    def forget(self):
        """Frees the arrays of every worker."""
        for process in self.processes.values():
            if process.process.poll() is None:
                process.ask("forget")

    def close(self):
        """Ends every worker."""
        for process in self.processes.values():
            process.close()
        self.processes = {}
