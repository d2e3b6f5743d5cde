"""The counting of tools/test.sh: sums, failures outside tests, no tests at all."""

import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).resolve().parents[2] / "tools" / "count_tests.py"
PASSED = '<testcase classname="c" name="p"/>'
FAILED = '<testcase classname="c" name="f"><failure/></testcase>'
ERROR = '<testcase classname="c" name="e"><error/></testcase>'
SKIPPED = '<testcase classname="c" name="s"><skipped/></testcase>'


def run(folder, *reports):
    """The last line and the status for reports with these bodies (None: no report)."""
    paths = []
    for index, body in enumerate(reports):
        paths.append(folder / f"{index}.xml")
        if body is not None:
            paths[-1].write_text(f"<testsuites><testsuite>{body}</testsuite></testsuites>")
    result = subprocess.run(
        [sys.executable, SCRIPT, *paths], capture_output=True, text=True, check=False
    )
    return result.stdout.splitlines()[-1], result.returncode


def test_sums_over_runners(tmp_path):
    assert run(tmp_path, PASSED + SKIPPED, PASSED * 2) == ("3 passed, 0 failed, 1 skipped", 0)


def test_failures_and_errors_fail(tmp_path):
    assert run(tmp_path, PASSED + FAILED, ERROR) == ("1 passed, 2 failed, 0 skipped", 1)


def test_missing_or_damaged_report_fails(tmp_path):
    assert run(tmp_path, PASSED, None) == ("1 passed, 1 failed, 0 skipped", 1)
    assert run(tmp_path, PASSED, "<") == ("1 passed, 1 failed, 0 skipped", 1)


def test_no_test_at_all_fails(tmp_path):
    assert run(tmp_path, "") == ("0 passed, 0 failed, 0 skipped", 1)
    assert run(tmp_path, SKIPPED) == ("0 passed, 0 failed, 1 skipped", 1)


def test_runner_that_dies_outside_its_tests_fails(tmp_path):
    (tmp_path / "0.xml.died").touch()
    assert run(tmp_path, PASSED) == ("1 passed, 1 failed, 0 skipped", 1)
    assert run(tmp_path, FAILED) == ("0 passed, 1 failed, 0 skipped", 1)
