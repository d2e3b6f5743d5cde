#!/usr/bin/env bash
# Installs the peers of attn-bench in build/peers, apart from what the compiler needs.
#
# PyPI's torch brings its GPU libraries along: about 3 GB to fetch, 7 GB on disk.
# A package that cannot be had is left out, and attn-bench names it.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

peers=build/peers
requirements=tools/attn-bench/requirements.txt
python=build/venv/bin/python
[ -x "$python" ] || python=python3

if [ -x "$peers/bin/python" ] &&
  cmp -s "$requirements" "$peers/requirements.stamp"; then
  exit 0
fi
[ -x "$peers/bin/python" ] || "$python" -m venv "$peers" || exit 1
left_out=()
while read -r package; do
  case $package in '' | '#'*) continue ;; esac
  printf '== %s\n' "$package"
  "$peers/bin/python" -m pip install --disable-pip-version-check --no-cache-dir \
    -q "$package" || left_out+=("$package")
done <"$requirements"
if [ ${#left_out[@]} -gt 0 ]; then
  printf 'left out: %s\n' "${left_out[*]}" >&2
  exit 1
fi
cp "$requirements" "$peers/requirements.stamp"
