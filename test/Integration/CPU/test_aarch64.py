"""Kernels for 64-bit Arm, run: on an emulator, or where this machine is one."""

import pathlib
import platform
import shutil
import struct
import subprocess

import numpy as np
import pytest

import attn
from numerics import BF16, DTYPES, F16, F32, F64, assert_close, assert_sdpa_close, random_qkv

HERE = pathlib.Path(__file__).parent
PROGRAMS = pathlib.Path(attn._attn.__file__).parents[2] / "bin"
LLVM = pathlib.Path("/usr/lib/llvm-22/bin")
EMULATOR = [] if platform.machine() == "aarch64" else [shutil.which("qemu-aarch64")]
NAMES = {F32: "f32", F64: "f64", F16: "f16", BF16: "bf16"}

pytestmark = pytest.mark.skipif(
    None in EMULATOR, reason="there is no qemu-aarch64 (Debian package qemu-user)"
)


class Kernel:
    """Function `f` of a module, compiled for AArch64 and linked with a bare host."""

    def __init__(self, text, folder):
        source, code, self.program = (folder / name for name in ("f.mlir", "f.o", "f"))
        source.write_text(text, "utf-8")
        self.compile(source, code, "obj")
        subprocess.run(
            [LLVM / "clang", "--target=aarch64-linux-gnu", "-O1", "-ffreestanding", "-fno-builtin"]
            + ["-nostdlib", "-static", "-fuse-ld=lld", f"--ld-path={LLVM / 'ld.lld'}"]
            + [f"-I{HERE.parents[2] / 'include'}", '-DENTRY="f.entry"']
            + [HERE / "Inputs" / "Bare.c", code, "-o", self.program],
            check=True,
        )

    @staticmethod
    def compile(source, result, form):
        subprocess.run(
            [PROGRAMS / "attn-compile", source, "--target=aarch64", f"--emit={form}"]
            + ["-o", result],
            check=True,
        )

    def __call__(self, *inputs, like):
        """Runs it on inputs of any strides; the result is as `like`."""
        # A result that is not written stays NaN.
        tensors = [*inputs, np.full(like.shape, np.nan, like.dtype)]
        stdin = struct.pack("<q", len(tensors))
        for tensor in tensors:
            base = tensor.base if tensor.base is not None else tensor
            assert tensor.ctypes.data == base.ctypes.data, "a view from the first element on"
            strides = [stride // tensor.itemsize for stride in tensor.strides]
            data = base.tobytes("A")
            words = (tensor.ndim, *tensor.shape, *strides, len(data))
            stdin += struct.pack(f"<{len(words)}q", *words) + data + bytes(-len(data) % 8)
        run = subprocess.run([*EMULATOR, self.program], input=stdin, stdout=subprocess.PIPE)
        assert run.returncode == 0, f"the kernel's host ended with {run.returncode}"
        return np.frombuffer(run.stdout, like.dtype).reshape(like.shape)


def sdpa_text(dtype, clauses="", arguments=""):
    q, k = (f"tensor<?x{heads}x?x24x{NAMES[dtype]}>" for heads in (4, 2))
    return (
        f"func.func @f(%q: {q}, %k: {k}, %v: {k}{arguments}) -> {q} {{\n"
        f"  %o = attn.sdpa %q, %k, %v {clauses} : ({q}, {k}, {k}) -> {q}\n"
        f"  return %o : {q}\n}}\n"
    )


@pytest.mark.parametrize("dtype", DTYPES, ids=lambda dtype: np.dtype(dtype).name)
def test_dense(tmp_path, dtype):
    """Lengths that are whole tiles and such that are not, and one of each."""
    kernel = Kernel(sdpa_text(dtype), tmp_path)
    for M, N in ((1, 1), (64, 128), (37, 53), (130, 201)):
        q, k, v = random_qkv(M, dtype, B=2, H=4, Hk=2, M=M, N=N, D=24)
        assert_sdpa_close(kernel(q, k, v, like=q), q, k, v)


def test_causal(tmp_path):
    """Blocks that no query sees are skipped, the others masked."""
    clauses = "mask(all(causal, window<40, 0>)) align(bottom_right)"
    kernel = Kernel(sdpa_text(F32, clauses), tmp_path)
    mask = attn.masks.causal() & attn.masks.window(40, 0)
    for M, N in ((1, 200), (65, 65), (130, 63)):
        q, k, v = random_qkv(M, M=M, N=N, H=4, Hk=2, D=24)
        o = kernel(q, k, v, like=q)
        assert_sdpa_close(o, q, k, v, mask=mask, align="bottom_right")


def test_ragged(tmp_path):
    """Each batch element has a length of its own; what lies beyond it is NaN."""
    clauses = "mask(lens(%lens : tensor<?xi32>))"
    kernel = Kernel(sdpa_text(F32, clauses, ", %lens: tensor<?xi32>"), tmp_path)
    q, k, v = random_qkv(3, B=3, H=4, Hk=2, M=31, N=90, D=24)
    lens = np.array([90, 0, 41], np.int32)
    for b, length in enumerate(lens):
        k[b, :, length:] = v[b, :, length:] = np.nan
    o = kernel(q, k, v, lens, like=q)
    for b, length in enumerate(lens):
        alone = slice(b, b + 1)
        k_alone, v_alone = (x[alone, :, :length] for x in (k, v))
        assert_sdpa_close(o[alone], q[alone], k_alone, v_alone)


def test_strides(tmp_path):
    """Heads beside each other in a row, as models have them."""
    kernel = Kernel(sdpa_text(F32), tmp_path)
    q, k, v = (
        x.swapaxes(1, 2).copy().swapaxes(1, 2)
        for x in random_qkv(5, B=2, H=4, Hk=2, M=33, N=70, D=24)
    )
    o = kernel(q, k, v, like=np.empty(q.shape, F32))
    assert_sdpa_close(o, q, k, v)


@pytest.mark.parametrize("dtype", [F32, F64], ids=["f32", "f64"])
def test_products(tmp_path, dtype):
    """The loops of a product where there is no library: a block of columns and a rest."""
    t = NAMES[dtype]
    kernel = Kernel(
        f"""func.func @f(%x: tensor<1x?x20x{t}>, %w: tensor<20x90x{t}>, %e: tensor<1x?x90x{t}>)
              -> tensor<1x?x90x{t}> {{
          %y = attn.product %x by (%w : tensor<20x90x{t}>) outs(%e : tensor<1x?x90x{t}>)
            : tensor<1x?x20x{t}> -> tensor<1x?x90x{t}>
          return %y : tensor<1x?x90x{t}>
        }}""",
        tmp_path,
    )
    rng = np.random.default_rng(8)
    x, w = rng.standard_normal((1, 17, 20)).astype(dtype), rng.standard_normal((20, 90)).astype(dtype)
    y = kernel(x, w, np.empty((1, 17, 90), dtype), like=np.empty((1, 17, 90), dtype))
    exact = x.astype(F64) @ w.astype(F64)
    assert_close(y, exact, exact, 20)


def test_multiply_adds(tmp_path):
    """The code that ran is NEON's: fused multiply-adds on vectors of four."""
    (tmp_path / "f.mlir").write_text(sdpa_text(F32), "utf-8")
    Kernel.compile(tmp_path / "f.mlir", tmp_path / "f.s", "asm")
    assert "fmla\tv" in (tmp_path / "f.s").read_text("utf-8")


def test_this_machine_refuses_it():
    """Loading such code into a process of another machine is an error that says so."""
    if platform.machine() == "aarch64":
        pytest.skip("this machine is one")
    with pytest.raises(attn.UnsupportedError, match="lacks aarch64"):
        attn.compile(sdpa_text(F32), target="aarch64")
