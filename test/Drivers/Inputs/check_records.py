"""Checks the records of an attn-bench without peers: every field, and what adds up."""

import json
import sys

FIELDS = """name family dtype shape threads isa ours_ms ours_min_ms peer peer_ms peer_min_ms
ratio peak_share flops compile_ms max_error""".split()

with open(sys.argv[1], encoding="utf-8") as file:
    records = json.load(file)
assert records
# Rows that differ in extents share a kernel, and only the first has it compiled.
assert records[0]["compile_ms"] > 0
for record in records:
    assert list(record)[: len(FIELDS)] == FIELDS, list(record)
    assert 0 < record["ours_min_ms"] <= record["ours_ms"]
    assert record["compile_ms"] >= 0 and record["turns"] >= 3
    assert all(record[field] is None for field in ("peer", "peer_ms", "ratio", "max_error"))
    rate = record["flops"] / (record["ours_ms"] * 1e6)
    assert abs(record["peak_share"] * record["peak_gflops"] / rate - 1) < 1e-6
    assert (record["read_share"] is None) == (record["family"] not in ("decode", "mla"))
    assert (record["copy_share"] is None) == (record["family"] != "linear_step")

flops = {record["name"]: record["flops"] for record in records}
if "dense-f32-n64-d64" in flops:
    dense = flops["dense-f32-n64-d64"]
    assert dense == 4 * 8 * 64 * 64 * 64
    assert flops["causal-f32-n64-d64"] * 2 * 64 == dense * 65
    assert flops["docs-f32-n64-d64"] * 8 == dense
