"""Prints the innermost loops of assembly that multiply and add vectors.

Reads x86-64 (AT&T syntax) or AArch64 assembly, and writes one line a loop, in the
order of the file:

    SYMBOL: 24 fma of 512 bits into 24 accumulators, 0 spills

A loop is the code between a label and the last branch back to it that contains no
smaller loop. Accumulators are the distinct registers that multiply-adds write. Spills
are instructions that move a vector to or from the stack.

    attn-compile FILE --target=x86-64-v4 --emit=asm -o - | python key_loop.py
"""

import re
import sys

LABEL = re.compile(r"^([.\w$@\"]+):")
X86_BRANCH = re.compile(r"^j\w+\s+(\S+)")
ARM_BRANCH = re.compile(r"^(?:b|b\.\w+|cbn?z|tbn?z)\s+(?:.*,\s*)?(\.L\S+)$")
X86_FMA = re.compile(r"^vfmadd\w+p[sd]\s.*%([xyz])mm(\d+)(?:\s*\{.*)?$")
ARM_FMA = re.compile(r"^fmla\s+v(\d+)\.(?:4s|2d)\b")
VECTOR = re.compile(r"%[xyz]mm\d|\b[qv]\d")
BITS = {"x": 128, "y": 256, "z": 512}


def read(lines):
    """The functions of a file: lists of (label or None, instruction or None)."""
    functions = []
    for line in lines:
        text = re.split(r"\s#[^\d]|\s//|\s;", line.rstrip())[0].strip()
        label = LABEL.match(text)
        if label:
            if not label.group(1).startswith(".L"):
                functions.append((label.group(1), []))
            elif functions:
                functions[-1][1].append((label.group(1), None))
        elif functions and text and not text.startswith("."):
            functions[-1][1].append((None, re.sub(r"\s+", " ", text)))
    return functions


def innermost(body):
    """The loops of a function that contain no other, as lists of instructions."""
    places = {label: index for index, (label, _) in enumerate(body) if label}
    ends = {}
    for index, (_, code) in enumerate(body):
        branch = code and (X86_BRANCH.match(code) or ARM_BRANCH.match(code))
        start = branch and places.get(branch.group(1))
        if start is not None and start < index:
            ends[start] = index
    for start, end in sorted(ends.items()):
        if not any(start < a and b <= end for a, b in ends.items()):
            yield [code for _, code in body[start:end] if code]


def stack_pattern(body):
    """What an address on the stack looks like in a function."""
    codes = [code for _, code in body if code]
    arm = any(ARM_FMA.match(code) for code in codes)
    if arm:
        frame = any(re.match(r"(mov|add) x29, sp", code) for code in codes)
        return re.compile(r"\[(sp|x29)\b" if frame else r"\[sp\b")
    frame = "movq %rsp, %rbp" in codes
    return re.compile(r"\((%rsp|%rbp)[,)]" if frame else r"\(%rsp[,)]")


def describe(loop, stack):
    """Counts what a loop does; None if it multiplies no vectors."""
    bits, registers, count = 0, set(), 0
    for code in loop:
        x86, arm = X86_FMA.match(code), ARM_FMA.match(code)
        if x86 or arm:
            count += 1
            bits = max(bits, BITS[x86.group(1)] if x86 else 128)
            registers.add(x86.group(2) if x86 else arm.group(1))
    if not count:
        return None
    spills = sum(bool(stack.search(code) and VECTOR.search(code)) for code in loop)
    return (
        f"{count} fma of {bits} bits into {len(registers)} accumulators, "
        f"{spills} spills"
    )


def main():
    for name, body in read(sys.stdin):
        stack = stack_pattern(body)
        for loop in innermost(body):
            text = describe(loop, stack)
            if text:
                print(f"{name}: {text}")


if __name__ == "__main__":
    main()
