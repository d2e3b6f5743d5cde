"""How lit finds and runs the tests: tools by PATH, machine features by name."""

import ctypes
import os
import re

import lit.formats

config.name = "attn"
config.test_format = lit.formats.ShTest(execute_external=False)
config.test_source_root = os.path.join(config.attn_source_dir, "test")
config.test_exec_root = os.path.join(config.attn_build_dir, "test")
config.suffixes = [".mlir", ".test", ".c"]
# Inputs of other tests, and folders that pytest runs.
config.excludes = ["Inputs", "Meta", "python"]

config.environment["PATH"] = os.pathsep.join(
    [
        os.path.join(config.attn_build_dir, "bin"),
        config.llvm_tools_dir,
        os.environ["PATH"],
    ]
)
# A test must not find what an earlier run left in a cache.
config.environment["ATTN_CACHE_DIR"] = ""
for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS"):
    if name in os.environ:
        config.environment[name] = os.environ[name]

config.substitutions += [
    ("%examples", os.path.join(config.attn_source_dir, "docs", "examples")),
    ("%include", os.path.join(config.attn_source_dir, "include")),
    ("%build", config.attn_build_dir),
    ("%python", config.attn_python or "python3"),
    ("%cc", os.path.join(config.llvm_tools_dir, "clang")),
    (
        "%c-flags",
        "-std=c11 -O1 -Wall -Wextra -Werror -pedantic "
        f"-I{config.attn_source_dir}/include -L{config.attn_build_dir}/lib -lAttnC "
        f"-Wl,-rpath,{config.attn_build_dir}/lib -lm",
    ),
]


def host_features():
    """The instruction sets of this machine that tests name in REQUIRES."""
    with open("/proc/cpuinfo", encoding="utf-8") as cpuinfo:
        flags = re.search(r"^(?:flags|Features)\s*:(.*)$", cpuinfo.read(), re.M)
    present = set(flags.group(1).split() if flags else [])
    known = {
        "avx2": {"avx2", "fma"},
        "avx512f": {"avx512f"},
        "avx512bf16": {"avx512_bf16"},
        "amx-bf16": {"amx_bf16", "amx_tile"},
        "neon": {"asimd"},
    }
    return {name for name, needed in known.items() if needed <= present}


def has_library(name):
    """Whether the loader finds a shared library."""
    try:
        ctypes.CDLL(name)
    except OSError:
        return False
    return True


config.available_features |= host_features()
if has_library("libdnnl.so.2"):
    config.available_features.add("matrix-library")
config.available_features.add("host-" + os.uname().machine)
