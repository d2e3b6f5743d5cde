"""Copies what NumPy saves with attn-npy-copy and compares what NumPy loads."""

import subprocess
import sys
from pathlib import Path

import ml_dtypes
import numpy as np

FOLDER = Path(sys.argv[1])
FOLDER.mkdir(parents=True, exist_ok=True)
NAMES = {"float32": "f32", "float64": "f64", "float16": "f16", "bfloat16": "bf16",
         "int32": "i32", "int64": "i64", "int8": "i8", "bool": "i1", "float8_e4m3fn": "f8E4M3FN"}
SHAPES = [(), (1,), (0,), (7,), (2, 3), (3, 0, 2), (2, 3, 4, 5), (1, 2, 1, 2, 1, 2, 1, 2)]
rng = np.random.default_rng(0)
count = 0


def copy(array, version=None, flags=()):
    """The array that comes back, and the type that the reader printed."""
    source, result = FOLDER / "in.npy", FOLDER / "out.npy"
    with open(source, "wb") as file:
        np.lib.format.write_array(file, array, version=version)
    run = subprocess.run(["attn-npy-copy", source, result, *flags], check=True,
                         capture_output=True, text=True)
    return np.load(result), run.stdout.strip()


for name, short in NAMES.items():
    dtype = np.dtype(getattr(ml_dtypes, name, name))
    for shape in SHAPES:
        values = (rng.standard_normal(shape) * 3).astype(dtype)
        for order in "CF":
            for version in [(1, 0), (2, 0), (3, 0)]:
                array = np.asarray(values, order=order)
                back, printed = copy(array, version)
                assert printed == "x".join([*map(str, shape), short]), (printed, shape, name)
                # NumPy loads the types of ml_dtypes as bytes without a type.
                back = back.view(dtype) if hasattr(ml_dtypes, name) else back
                assert back.dtype == dtype and back.shape == shape and back.flags.c_contiguous
                assert back.tobytes() == np.ascontiguousarray(array).tobytes()
                count += 1

bits = np.arange(6, dtype=np.uint16).reshape(2, 3)
back, printed = copy(bits, flags=["bf16"])
assert printed == "2x3xbf16" and back.view(np.uint16).tolist() == bits.tolist()
back, printed = copy(bits.astype(np.uint8), flags=["f8E4M3FN"])
assert printed == "2x3xf8E4M3FN" and back.view(np.uint8).tolist() == bits.tolist()
print(f"{count + 2} round trips")
