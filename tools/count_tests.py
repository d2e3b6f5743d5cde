"""Adds up JUnit reports: prints "N passed, N failed, N skipped", fails like a test."""

import os
import sys
import xml.etree.ElementTree as ElementTree


def count(path):
    """Returns (passed, failed, skipped) of one report.

    A report that is missing or damaged means that its runner died: one failure.
    So does a file PATH.died, where the report itself names no failed test.
    """
    passed = failed = skipped = 0
    try:
        cases = list(ElementTree.parse(path).iter("testcase"))
    except (OSError, ElementTree.ParseError) as error:
        print(f"error: no report from a test runner: {path}: {error}", file=sys.stderr)
        return 0, 1, 0
    for case in cases:
        outcomes = {child.tag for child in case}
        if outcomes & {"failure", "error"} or case.get("status") == "fail":
            failed += 1
            print(f"failed: {case.get('classname')}: {case.get('name')}")
        elif "skipped" in outcomes or case.get("status") in ("disabled", "notrun"):
            skipped += 1
        else:
            passed += 1
    if not failed and os.path.exists(path + ".died"):
        print(f"error: a test runner failed outside its tests: {path}", file=sys.stderr)
        failed = 1
    return passed, failed, skipped


def main(paths):
    """Prints the sum over all reports; 0 only if something ran and nothing failed."""
    totals = [sum(column) for column in zip(*map(count, paths))] or [0, 0, 0]
    passed, failed, skipped = totals
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed or passed == 0 else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
