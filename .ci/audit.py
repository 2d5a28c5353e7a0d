"""Compares the packages installed beside this Python with the known vulnerabilities, by pip-audit.

The exit code is 1 if a package has one; 0 if none has or there is no network, as the output says; and 2 if
pip-audit itself fails. Arguments go to pip-audit, such as `--ignore-vuln ID`.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path
from typing import Any

AUDITOR = "pip-audit==2.10.1"
NO_NETWORK = re.compile(
    r"fail\w* to fetch|connect|network|resolve host|name resolution|timed out", re.IGNORECASE
)
UNLISTED = "not found on PyPI"


def main(arguments: list[str]) -> int:
    """Run pip-audit, fetched by uv for the occasion, and judge its report."""
    uvx = shutil.which("uvx", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]))
    if uvx is None:
        print("Nothing was audited, as uv is absent: run `just install`.", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "report.json")
        # The tool and what it needs stay out of the environment that it audits.
        command = [uvx, "--from", AUDITOR, "pip-audit", "--skip-editable"]
        command += ["--path", sysconfig.get_path("purelib"), "--progress-spinner", "off"]
        command += ["--format", "json", "--desc", "off", "--output", str(report), *arguments]
        run = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - these words alone
        if report.exists():
            return judge(json.loads(report.read_text())["dependencies"])
    last = (run.stderr.strip().splitlines() or [f"exit code {run.returncode}"])[-1].strip()
    if NO_NETWORK.search(run.stderr):
        print(f"Nothing was audited, as there is no network: {last}")
        return 0
    print(f"Nothing was audited, as pip-audit failed: {last}", file=sys.stderr)
    return 2


def judge(packages: list[dict[str, Any]]) -> int:
    """Print what pip-audit reports of each package, and return the exit code."""
    audited = [package for package in packages if "vulns" in package]
    unlisted = [package["name"] for package in packages if UNLISTED in package.get("skip_reason", "")]
    if not audited:
        print(
            f"Nothing was audited: the list of vulnerabilities has none of {len(unlisted)} packages. "
            "There is no network, or a mirror that keeps no such list."
        )
        return 0
    if unlisted:
        print(f"Not audited, as PyPI does not list their version: {', '.join(sorted(unlisted))}")
    faults = [
        f"{package['name']} {package['version']}: {fault['id']}"
        + (f", fixed in {', '.join(fault['fix_versions'])}" if fault["fix_versions"] else ", without a fix")
        for package in audited
        for fault in package["vulns"]
    ]
    print("\n".join(faults) or f"No known vulnerability in {len(audited)} packages.")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
