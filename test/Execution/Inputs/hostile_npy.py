"""Writes .npy files that no reader should accept, one a name, into a folder."""

import struct
import sys
from pathlib import Path

FOLDER = Path(sys.argv[1])
FOLDER.mkdir(parents=True, exist_ok=True)


def header(descr="'<f4'", order="False", shape="(2, 3)", tail=", }\n"):
    return f"{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}{tail}".encode()


def save(name, text=None, data=bytes(24), version=(1, 0), length=None, magic=b"\x93NUMPY"):
    text = header() if text is None else text
    length = len(text) if length is None else length
    size = struct.pack("<H" if version[0] == 1 else "<I", length)
    (FOLDER / f"{name}.npy").write_bytes(magic + bytes(version) + size + text + data)


save("good")
save("magic", magic=b"\x93NUMPI")
save("zip", magic=b"PK\x03\x04\x14\x00")
save("version", version=(4, 0))
save("minor", version=(1, 7))
save("long-header", length=60000)
save("huge-header", version=(2, 0), length=0xFFFFFFFF)
save("truncated", data=bytes(23))
save("no-data", data=b"")
save("surplus", data=bytes(25))
save("negative", header(shape="(2, -3)"))
save("minus-both", header(shape="(-2, -3)"))
save("overflow", header(shape="(4294967296, 4294967296)"))
save("overflow-bytes", header(shape="(4611686018427387904,)"))
save("overflow-integer", header(shape="(99999999999999999999999,)"))
save("hidden-overflow", header(shape="(0, 4294967296, 4294967296)"), data=b"")
save("large", header(shape="(1099511627776,)"))
save("rank", header(shape="(1, 1, 1, 1, 1, 1, 1, 1, 1)"))
save("endless-rank", header(shape="(" + "1, " * 20000 + ")"), version=(2, 0))
save("big-endian", header(descr="'>f4'"))
save("unsigned", header(descr="'<u2'"), data=bytes(12))
save("complex", header(descr="'<c8'"))
save("object", header(descr="'|O'"))
save("structure", header(descr="[('a', '<f4')]"))
save("no-shape", b"{'descr': '<f4', 'fortran_order': False, }\n")
save("shape-twice", header(shape="(2, 3), 'shape': (6,)"))
save("other-key", header(shape="(2, 3), 'evil': 1"))
save("order", header(order="Maybe"))
save("code", header(shape="__import__('os')"))
save("unclosed", header(tail=""))
save("nothing-between", header(shape="(2 3)"))
save("open-string", b"{'descr': '<f4")
save("not-a-dictionary", b"[1, 2, 3]\n")
save("bytes", bytes(range(128, 256)))
save("empty-header", b"")
(FOLDER / "empty.npy").write_bytes(b"")
(FOLDER / "magic-only.npy").write_bytes(b"\x93NUMPY")
(FOLDER / "no-length.npy").write_bytes(b"\x93NUMPY\x01\x00\x10")
(FOLDER / "folder.npy").mkdir(exist_ok=True)
