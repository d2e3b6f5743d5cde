"""Kernels as objects: compiled from text or files, called, described, pickled, saved."""

import ctypes
import pathlib
import pickle

import numpy as np
import pytest

import attn
from attn import masks as m
from numerics import F32, F64, assert_sdpa_close, random_qkv

TYPE = "tensor<?x2x?x8xf32>"
TEXT = f"""
func.func @attention(%q: {TYPE}, %k: {TYPE}, %v: {TYPE}, %n: tensor<?xi32>) -> {TYPE} {{
  %o = attn.sdpa %q, %k, %v mask(lens(%n : tensor<?xi32>)) : ({TYPE}, {TYPE}, {TYPE}) -> {TYPE}
  return %o : {TYPE}
}}
"""
LENGTHS = np.array([9, 4], np.int32)


@pytest.fixture(name="kernel")
def compiled_kernel():
    return attn.compile(TEXT)


def qkv(**extents):
    return random_qkv(0, **{"B": 2, "M": 5, "N": 9, "D": 8, **extents})


def test_call(kernel):
    q, k, v = qkv()
    o = kernel(q, k, v, LENGTHS)
    assert isinstance(o, np.ndarray)
    assert_sdpa_close(o, q, k, v, mask=m.lens(LENGTHS))
    np.testing.assert_array_equal(kernel(q, k, v, LENGTHS, threads=2), o)


def test_several_results():
    statistics = "tensor<?x2x?xf32>"
    kernel = attn.compile(
        f"""func.func @f(%q: {TYPE}, %k: {TYPE}, %v: {TYPE}) -> ({TYPE}, {statistics}) {{
          %o, %l = attn.sdpa %q, %k, %v : ({TYPE}, {TYPE}, {TYPE}) -> ({TYPE}, {statistics})
          return %o, %l : {TYPE}, {statistics}
        }}"""
    )
    q, k, v = qkv()
    o, lse = kernel(q, k, v)
    assert_sdpa_close(o, q, k, v, lse)


def test_types(kernel):
    dynamic = ("f32", (-1, 2, -1, 8))
    assert kernel.input_types == [dynamic, dynamic, dynamic, ("i32", (-1,))]
    assert kernel.result_types == [dynamic]
    assert "(?x2x?x8xf32, ?x2x?x8xf32, ?x2x?x8xf32, ?xi32)" in repr(kernel)


def test_compile_from_a_file(tmp_path, kernel):
    path = tmp_path / "attention.mlir"
    path.write_text(TEXT, encoding="utf-8")
    expected = kernel(*qkv(), LENGTHS)
    for source in (path, str(path)):
        np.testing.assert_array_equal(attn.compile(source)(*qkv(), LENGTHS), expected)


def test_entry():
    second = TEXT.replace("@attention", "@second").replace("mask(lens(%n : tensor<?xi32>))", "")
    kernel = attn.compile(TEXT + second, entry="second")
    q, k, v = qkv()
    assert_sdpa_close(kernel(q, k, v, LENGTHS), q, k, v)
    with pytest.raises(attn.Error, match="third"):
        attn.compile(TEXT + second, entry="third")
    with pytest.raises(attn.Error):
        attn.compile(TEXT + second)


@pytest.mark.parametrize(
    "source",
    ["no/such/file.mlir", pathlib.Path("no/such/file.mlir"), "", "/", "name\0with zero"],
    ids=repr,
)
def test_no_file(source):
    with pytest.raises(attn.CompileError, match="cannot read"):
        attn.compile(source)


def test_not_text(tmp_path):
    path = tmp_path / "binary.mlir"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(attn.CompileError, match="cannot read"):
        attn.compile(path)
    with pytest.raises(attn.ArgumentError, match="int"):
        attn.compile(3)


@pytest.mark.parametrize(
    "text, message",
    [
        ("func.func @f( {", None),
        ("{}", None),
        (TEXT.replace("attn.sdpa", "attn.spda"), "spda"),
        (TEXT.replace("lens(%n", "lens(%missing"), "undeclared"),
        (TEXT.replace("lens(%n : tensor<?xi32>)", "diagonal"), "diagonal"),
        (TEXT.replace("lens(%n : tensor<?xi32>)", "causal"), "align"),
        (TEXT.replace(f"%k: {TYPE}", "%k: tensor<?x3x?x8xf32>"), None),
    ],
)
def test_text_that_does_not_compile(text, message):
    with pytest.raises(attn.CompileError, match=message) as caught:
        attn.compile(text)
    assert str(caught.value).strip()


def test_diagnostics_have_lines():
    with pytest.raises(attn.CompileError, match=r":3:\d+"):
        attn.compile(TEXT.replace("attn.sdpa", "attn.spda"))


def test_unknown_target():
    with pytest.raises(attn.Error, match="no-such-cpu"):
        attn.compile(TEXT, target="no-such-cpu")


def test_arrays_that_do_not_fit(kernel):
    q, k, v = qkv()
    with pytest.raises(attn.Error, match="takes 4"):
        kernel(q, k, v)
    with pytest.raises(attn.ShapeError):
        kernel(q.astype(F64), k, v, LENGTHS)
    with pytest.raises(attn.ShapeError):
        kernel(q, k, v, LENGTHS.astype(np.int64))
    with pytest.raises(attn.ShapeError):
        kernel(q[0], k, v, LENGTHS)
    with pytest.raises(attn.ShapeError):
        kernel(q[..., :4], k, v, LENGTHS)
    with pytest.raises(attn.ShapeError):
        kernel(q, k[:, :, :8], v, LENGTHS)
    with pytest.raises(attn.ShapeError):
        kernel(q, k[:1], v, LENGTHS)
    with pytest.raises(attn.ShapeError):
        kernel(q, k, v, np.array([10, 4], np.int32))
    with pytest.raises(attn.ShapeError):
        kernel(q, k, v, np.array([1, 2, 3], np.int32))
    with pytest.raises(attn.ShapeError):
        kernel(*(np.repeat(x, 2, 0) for x in (q, k, v)), LENGTHS)
    with pytest.raises(attn.ArgumentError):
        kernel(q, k, v, LENGTHS, threads=-2)
    with pytest.raises(attn.ArgumentError):
        kernel(q, k, None, LENGTHS)


def test_stages(kernel):
    assert "attn.sdpa" in kernel.mlir()
    assert "#attn.schedule" in kernel.mlir("planned") and "#attn.target" in kernel.mlir("planned")
    assert "scf.for" in kernel.mlir("tiled")
    assert "attn.sdpa" not in kernel.mlir("lowered")
    assert "llvm.func" in kernel.mlir("binary")
    assert "define" in kernel.llvm()
    assert ".text" in kernel.asm()
    assert kernel.explain().strip()
    with pytest.raises(attn.ArgumentError, match="cooked"):
        kernel.mlir("cooked")


def test_stats(kernel):
    stats = kernel.stats
    assert {"isa", "schedule", "compile_ms", "cache_hit"} <= stats.keys()
    assert "tiles_total" not in attn.compile(TEXT + "// not yet run\n").stats
    kernel(*qkv(M=200, N=900), np.array([900, 100], np.int32), threads=2)
    stats = kernel.stats
    assert stats["threads"] == 2
    assert 0 < stats["tiles_visited"] < stats["tiles_total"]
    assert 0 <= stats["tiles_partial"] <= stats["tiles_visited"]


def test_process_stats(kernel):
    before = attn.stats()
    assert before["kernels_compiled"] >= 1 and before["live_workspace_bytes"] == 0
    attn.compile(TEXT)
    after = attn.stats()
    assert after["kernels_compiled"] == before["kernels_compiled"]
    assert after["cache_hits"] > before["cache_hits"]
    assert kernel.text == TEXT


def test_pickle(kernel):
    again = pickle.loads(pickle.dumps(kernel))
    assert (again.text, again.target, again.entry) == (TEXT, "host", None)
    np.testing.assert_array_equal(again(*qkv(), LENGTHS), kernel(*qkv(), LENGTHS))


def test_save(tmp_path, kernel):
    path = tmp_path / "kernel.so"
    kernel.save(path)
    assert ctypes.CDLL(str(path))
    with pytest.raises(attn.Error):
        kernel.save(tmp_path / "no" / "such" / "folder" / "kernel.so")
