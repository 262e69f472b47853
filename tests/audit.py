"""Look for known vulnerabilities in what is locked: ``python -m tests.audit [--where-possible]``.

pip-audit passes over a package of which the index does not answer. Here that is a failure; with ``--where-possible``,
for a machine without the network, it is a line that says what was not looked at.
"""

import json
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

COMMAND = ("pip_audit", "--requirement", "requirements.lock", "--require-hashes", "--disable-pip", "--format", "json")


def main(arguments: Sequence[str]) -> int:
    command = [sys.executable, "-m", *COMMAND, "--progress-spinner", "off"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    try:
        packages = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError):
        packages = []
    text, is_failure = verdict(packages, done.stderr, may_be_partial="--where-possible" in arguments)
    sys.stdout.write(text + "\n")
    return int(is_failure)


def verdict(packages: Sequence[dict[str, Any]], said: str, *, may_be_partial: bool) -> tuple[str, bool]:
    """Return what to say of the answers, and whether it is a failure."""
    known = [f"{each['name']} {each['version']}: {one['id']}" for each in packages for one in each.get("vulns", ())]
    skipped = [each["name"] for each in packages if "skip_reason" in each]
    if known:
        return "Vulnerabilities are known: " + ", ".join(known) + ". Raise the versions with make lock.", True
    if not packages:
        return f"NOT AUDITED: pip-audit had no answer. {said.strip()[-300:]}", not may_be_partial
    if skipped:
        text = f"NOT AUDITED: the index did not answer for {len(skipped)} of {len(packages)} packages: "
        return text + ", ".join(skipped) + ".", not may_be_partial
    return f"No vulnerability is known in {len(packages)} packages.", False


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
