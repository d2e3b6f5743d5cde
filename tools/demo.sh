#!/usr/bin/env bash
# Builds everything, then embeds real sentences with a sentence-embedding model
# whose attention is compiled here, and leaves the kernel's IR in build/demo.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

tools/setup.sh
exec build/venv/bin/python docs/examples/embed.py --dump build/demo
