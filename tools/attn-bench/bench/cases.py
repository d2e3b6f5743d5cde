"""What is measured: the rows, and how many pairs and operations each has."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, replace

WINDOW = 256
DOCUMENTS = 8
BLOCK = 128
# Points of an image that a query sees in each direction; frames of a video, their number,
# the frames a query sees, and the points in each.
IMAGE_NEAR = 13
FRAMES, FRAMES_SEEN, VIDEO_NEAR = 16, 3, 7
# Global tokens of Longformer, evenly spread.
GLOBALS = 16
# Rows that Linformer projects keys to; landmarks of Nyström attention and steps to their inverse.
PROJECTED, LANDMARKS, STEPS = 256, 64, 6
# Widths of latent attention (DeepSeek-V2): the latent rows, and what of queries and keys rotates.
LATENT, ROTATED = 512, 64


# Tokens that are checked at once in speculative decoding.
DRAFTED = 8

# Rows of linear attention, and the tokens of a chunk that their operations are counted for.
LINEAR = ("linear", "linear_all", "retention", "gated_delta", "linear_step")
LINEAR_CHUNK = 16


@dataclass(frozen=True)
class Case:
    """One problem, given to every side; B is 1.

    `family` says what is done: dense, causal, window (causal, of `WINDOW` keys), docs
    (`DOCUMENTS` of equal length), bias (an array [1, H, M, N]), alibi (causal), softcap
    (at 50), rope (causal, queries and keys rotated first), decode (one query on a cache),
    draft (`DRAFTED` queries of a head on a cache),
    blocks (`density` percent of those of `BLOCK` by `BLOCK`, as many in each row, at
    random), linformer (`PROJECTED` keys), nystrom (`LANDMARKS`), mla (one query of latent
    attention on a cache), longformer (`WINDOW` keys to each side, and global tokens), image (the
    neighbours of each point of a square), video (those in the latest of `FRAMES` square
    frames). Linear attention: linear (causal) and linear_all, both with the features elu1
    and normalised; retention (causal, decay by a constant of each head); gated_delta (causal,
    with keys of norm 1); linear_step (one token, with decay and a state).
    """

    family: str
    dtype: str
    N: int
    D: int
    isa: str = "native"
    threads: int = 1
    peers: tuple = ("sdpa",)
    quick: bool = False
    H: int = 8
    Hk: int = 8
    density: int = 100

    @property
    def M(self):
        """The number of queries."""
        if self.family == "draft":
            return DRAFTED
        return 1 if self.is_decoding else self.N

    @property
    def keys(self):
        """The number of keys."""
        return 1 if self.family == "linear_step" else self.N

    @property
    def is_decoding(self):
        """Whether it is one query on a cache or a state, which comes from memory."""
        return self.family in ("decode", "mla", "linear_step")

    @property
    def has_narrow_products(self):
        """Whether its limit is the rate of products of bf16, where that is another one."""
        return self.dtype == "bf16" and not self.is_decoding and self.family not in LINEAR

    @property
    def writes_cache(self):
        """Whether a step writes as much as it reads: another state."""
        return self.family == "linear_step"

    @property
    def name(self):
        """What `--rows` selects by."""
        family = self.family if self.density == 100 else f"{self.family}{self.density}"
        parts = [family, self.dtype, f"n{self.N}", f"d{self.D}"]
        if self.isa != "native":
            parts.append(self.isa)
        if self.threads > 1:
            parts.append(f"{self.threads}t")
        return "-".join(parts)

    @property
    def shape(self):
        """The extents, as records state them."""
        heads = f"{self.H}" if self.H == self.Hk else f"{self.H}/{self.Hk}"
        return f"B1 H{heads} M{self.M} N{self.keys} D{self.D}"

    @property
    def documents(self):
        """Where documents start, and the end of the last."""
        return [self.N * n // DOCUMENTS for n in range(DOCUMENTS + 1)]

    @property
    def block(self):
        """The queries and keys of a block, which divides N."""
        return min(BLOCK, self.N)

    @property
    def blocks_of_row(self):
        """The blocks that are kept of each row of blocks, and their number in all."""
        rows = self.N // self.block
        return max(1, round(rows * self.density / 100)), rows

    @property
    def extents(self):
        """The grid whose points are the tokens of an image or a video."""
        frames = FRAMES if self.family == "video" else 1
        side = math.isqrt(self.N // frames)
        if side * side * frames != self.N:
            raise ValueError(f"{self.N} tokens are not {frames} squares of points")
        return [frames, side, side][1 - (frames > 1) :]

    @property
    def near(self):
        """The points that a query sees in each direction: odd, and on the grid."""
        wanted = IMAGE_NEAR if self.family == "image" else VIDEO_NEAR
        return min(wanted, (self.extents[-1] - 1) // 2 * 2 + 1)

    @property
    def globals(self):
        """The tokens that see, and are seen by, all."""
        return [self.N * n // GLOBALS for n in range(GLOBALS)]

    @property
    def longformer_pairs(self):
        """The pairs in a window or with a global token."""
        marks = set(self.globals)
        before = [0]
        for token in range(self.N):
            before.append(before[-1] + (token in marks))
        result = len(marks) * self.N
        for i in set(range(self.N)) - marks:
            start, end = max(i - WINDOW, 0), min(i + WINDOW + 1, self.N)
            result += end - start + len(marks) - (before[end] - before[start])
        return result

    @property
    def pairs(self):
        """The pairs of a query and a key that the mask keeps, in one head."""
        if self.family in ("causal", "alibi", "rope"):
            return self.N * (self.N + 1) // 2
        if self.family == "window":
            short = min(WINDOW, self.N)
            return short * (short + 1) // 2 + (self.N - short) * WINDOW
        if self.family == "blocks":
            return self.N * self.blocks_of_row[0] * self.block
        if self.family == "longformer":
            return self.longformer_pairs
        if self.family == "linformer":
            # Projecting keys and values is as much as attending to what they become.
            return 2 * self.N * PROJECTED
        if self.family == "nystrom":
            return 2 * self.N * LANDMARKS
        if self.family == "image":
            return self.N * self.near**2
        if self.family == "video":
            frames = sum(min(FRAMES_SEEN, frame + 1) for frame in range(FRAMES))
            return self.N // FRAMES * frames * self.near**2
        if self.family == "docs":
            bounds = self.documents
            return sum((end - start) ** 2 for start, end in zip(bounds, bounds[1:]))
        return self.M * self.N

    @property
    def flops(self):
        """Multiplications and additions of the two products, over the kept pairs.

        Of linear attention those of a token with the state, and, in order, with the half
        of a chunk of `LINEAR_CHUNK` tokens that it sees; the delta rule has them for keys
        as well.
        """
        if self.family in LINEAR:
            state, tokens = 4 * self.D**2, 2 * LINEAR_CHUNK * self.D
            each = {"linear_all": state, "linear_step": state}.get(self.family, state + tokens)
            if self.family == "gated_delta":
                each += (state + tokens) // 2
            return self.H * self.M * each
        if self.family == "mla":
            return 2 * self.H * self.N * (2 * LATENT + ROTATED) + 4 * self.H * LATENT * self.D
        return 4 * self.H * self.pairs * self.D

    @property
    def cache_bytes(self):
        """The size of keys and values, which decoding reads once; of a state, that it writes too."""
        if self.family == "linear_step":
            return 2 * self.H * self.D**2 * 4
        width = 2 * self.Hk * self.D
        if self.family == "mla":
            width = LATENT + ROTATED
        return self.N * width * (4 if self.dtype == "f32" else 2)

    def to_json(self):
        """The fields, for a worker."""
        return asdict(self)

    @staticmethod
    def from_json(fields):
        """The case that `to_json` wrote."""
        return Case(**{**fields, "peers": tuple(fields["peers"])})


def dense_and_causal(isa, many):
    """Full and causal attention in f32 by length; `many` adds peers to one row."""
    for width in (64, 128):
        for length in (512, 1024, 2048, 4096):
            peers = ("sdpa",)
            if many and width == 64 and length in (1024, 4096):
                peers += ("onnxruntime",)
            if many and width == 64 and length == 1024:
                peers += ("iree", "numpy")
            quick = width == 64 and (length == 1024 or (length == 2048 and many))
            yield Case("dense", "f32", length, width, isa, peers=peers, quick=quick)
        for length in (512, 1024, 4096):
            peers = ("sdpa",)
            if many and width == 64 and length == 1024:
                peers += ("onnxruntime",)
            quick = width == 64 and length == 512
            yield Case("causal", "f32", length, width, isa, peers=peers, quick=quick)


def all_cases():
    """Every row, the ones of one instruction set and thread count together."""
    yield from dense_and_causal("native", many=True)
    for length, width in ((1024, 80), (1024, 96), (1024, 100), (1000, 64)):
        yield Case("dense", "f32", length, width, quick=length == 1000)
    yield Case("window", "f32", 4096, 64, peers=("sdpa", "chunked", "flex"), quick=True)
    yield Case("docs", "f32", 4096, 64, peers=("sdpa", "split", "flex"))
    for length in (4096, 8192):
        for density in (50, 25, 10, 5):
            peers = ("sdpa", "flex")
            yield Case("blocks", "f32", length, 64, peers=peers, density=density)
    for length in (4096, 8192):
        yield Case("longformer", "f32", length, 64, peers=("sdpa", "flex"))
    yield Case("image", "f32", 128 * 128, 64, peers=("flex",))
    yield Case("video", "f32", FRAMES * 48 * 48, 64, peers=("flex",))
    yield Case("dense", "f32", 8192, 64)
    for length in (1024, 4096):
        yield Case("linformer", "f32", length, 64, peers=("plain", "fused"))
        yield Case("nystrom", "f32", length, 64, peers=("plain", "fused"))
    for dtype in ("f32", "bf16"):
        yield Case("mla", dtype, 8192, 128, H=16, Hk=16, peers=("plain",))
    yield Case("bias", "f32", 1024, 64, quick=True)
    yield Case("bias", "f32", 2048, 64)
    yield Case("alibi", "f32", 2048, 64, peers=("sdpa", "flex"))
    yield Case("softcap", "f32", 1024, 64, peers=("unfused", "flex"))
    for length in (512, 1024):
        yield Case("rope", "f32", length, 64)
    for dtype in ("bf16", "f16"):
        for width in (64, 128):
            yield Case("dense", dtype, 1024, width, quick=width == 64)
            yield Case("dense", dtype, 4096, width)
    for width in (64, 128):
        yield Case("dense", "bf16", 8192, width)
        for length in (1024, 4096):
            yield Case("causal", "bf16", length, width)
    yield Case("window", "bf16", 4096, 64, peers=("sdpa", "chunked"))
    for dtype in ("f32", "bf16"):
        for width in (64, 128):
            yield Case(
                "decode", dtype, 8192, width, H=32, peers=("sdpa", "grouped"), quick=width == 128
            )
        yield Case("draft", dtype, 8192, 128, H=32, peers=("sdpa", "grouped"))
    # Far more than any cache holds.
    yield Case("decode", "f32", 65536, 64, H=32, peers=("sdpa", "grouped"))
    yield Case("dense", "f32", 2048, 64, threads=2)
    yield Case("decode", "f32", 8192, 128, threads=2, H=32, peers=("sdpa", "grouped"))
    yield from linear_cases()
    yield from dense_and_causal("avx2", many=False)
    for dtype in ("f32", "bf16"):
        yield Case("decode", dtype, 8192, 128, "avx2", H=32, peers=("sdpa", "grouped"))


def linear_cases():
    """Linear attention by length, against what its users write in PyTorch."""
    both = ("eager", "compiled")
    for width in (64, 128):
        for length in (1024, 4096, 8192, 16384, 32768):
            peers = both if length <= 8192 else ("eager",)
            quick = width == 64 and length == 4096
            yield Case("linear", "f32", length, width, peers=peers, quick=quick)
        for length in (1024, 4096, 16384):
            yield Case("linear_all", "f32", length, width, peers=both)
        yield Case("retention", "f32", 4096, width, peers=("eager",))
        yield Case("gated_delta", "f32", 1024, width, peers=("eager",))
        yield Case("gated_delta", "f32", 4096, width, peers=("eager",))
        # Far more states than the caches hold.
        yield Case("linear_step", "f32", 1, width, peers=both, H=4096 * 64 // width, Hk=4096 * 64 // width)
    for length in (65536, 131072):
        yield Case("linear", "f32", length, 64, peers=())
    yield Case("linear", "bf16", 4096, 64, peers=("eager",))
    yield Case("linear", "f32", 4096, 64, "avx2", peers=("eager",))


def with_length(cases, length):
    """The cases at another length, for trying things out."""
    return list({case.name: case for case in (replace(case, N=length) for case in cases)}.values())
