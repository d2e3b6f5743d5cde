"""explain.py FILE: prints what the compiler decided about the kernel in a file."""

import sys

import attn

print(attn.compile(sys.argv[1]).explain())
