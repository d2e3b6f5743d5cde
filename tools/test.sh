#!/usr/bin/env bash
# Builds everything and runs every test. The last line counts them all:
# "N passed, N failed, N skipped". Fails if a test failed or if none ran.
#
# Each runner writes a JUnit report, and the reports are what is counted.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

tools/setup.sh

results=build/test-results
rm -rf "$results"
mkdir -p "$results"
python=build/venv/bin/python
jobs=$(nproc)

# Runs one test runner, and the others after it whatever becomes of it. A status
# that no failed test explains is counted as one, by way of the mark left here.
run() {
  local name=$1
  shift
  printf '== %s\n' "$name"
  "$@" || touch "$results/$name.xml.died"
}

run lit /usr/lib/llvm-22/bin/lit -sv -j "$jobs" \
  --xunit-xml-output "$results/lit.xml" build/test
run ctest ctest --test-dir build --output-on-failure -j "$jobs" --no-tests=ignore \
  --output-junit "$PWD/$results/ctest.xml"
run pytest "$python" -m pytest -q --junit-xml "$results/pytest.xml" test

"$python" tools/count_tests.py "$results"/{lit,ctest,pytest}.xml
