"""One process of the group: does what it is told, a JSON object a line, and answers so.

    {"do": "prepare", "side": "sdpa", "case": {…}}  -> {"compile_ms": …}
    {"do": "run", "side": "sdpa", "calls": 3}       -> {"ms": [time of each call]}
    {"do": "result", "side": "sdpa", "path": P}     -> {} and the result at P, f32
    {"do": "forget"}                                -> {}

An error is answered as {"error": message}.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import time

import numpy as np

from .cases import Case

EVICTED_MIB = 64


class Worker:
    """The prepared sides of one case."""

    def __init__(self, module):
        self.module = importlib.import_module(f".{module}", __package__)
        self.case, self.prepared, self.other = None, {}, None

    def prepare(self, request):
        """Makes the inputs and runs once, which compiles what has to be compiled."""
        self.case = Case.from_json(request["case"])
        spent = getattr(self.module, "compile_ms", lambda: 0.0)
        before = spent()
        run = self.module.SIDES[request["side"]](self.case)
        run()
        self.prepared[request["side"]] = run
        return {"compile_ms": spent() - before}

    def run(self, request):
        """Times calls: processor time of the process for one thread, wall time for more."""
        run = self.prepared[request["side"]]
        clock = time.process_time_ns if self.case.threads == 1 else time.perf_counter_ns
        times = []
        for _ in range(request["calls"]):
            if self.case.is_decoding:
                self.evict()
            start = clock()
            run()
            times.append((clock() - start) * 1e-6)
        return {"ms": times}

    def evict(self):
        """Writes more than the caches hold, so that a cache of keys comes from memory."""
        if self.other is None:
            self.other = np.zeros(EVICTED_MIB << 20, np.uint8)
        self.other += 1

    def result(self, request):
        """Writes the result where the coordinator reads it."""
        output = self.prepared[request["side"]]()
        if hasattr(output, "numpy"):
            output = output.float().numpy()
        np.save(request["path"], np.asarray(output).astype(np.float32))
        return {}

    def forget(self, request):
        """Frees the arrays of the case."""
        self.prepared.clear()
        return {}


def main():
    # Libraries print to stdout as they like: what they print goes to stderr.
    replies = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)

    def answer(reply):
        replies.write(json.dumps(reply) + "\n")
        replies.flush()

    try:
        worker = Worker(sys.argv[1])
    except ImportError as error:
        answer({"error": str(error)})
        return
    answer({})
    for line in sys.stdin:
        request = json.loads(line)
        try:
            answer(getattr(worker, request["do"])(request))
        # Whatever a peer raises is a reason to leave it out of the row, no more.
        except Exception as error:  # pylint: disable=broad-except
            answer({"error": f"{type(error).__name__}: {error}".splitlines()[0]})


if __name__ == "__main__":
    main()
