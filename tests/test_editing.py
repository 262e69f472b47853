"""What a fresh checkout sets up for its editor and its commits is true."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
COMMANDS = [
    line.partition("entry: ")[2].split()
    for line in (ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8").splitlines()
    if "entry: " in line
]


def tracked() -> list[Path]:
    done = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip("this is not a git checkout")
    return [path for name in done.stdout.split("\0") if name and (path := ROOT / name).is_file()]


class HookTests:
    def test_there_is_one_for_each_tool(self) -> None:
        assert [command[2] for command in COMMANDS] == ["ruff", "ruff", "mypy", "pytest"]

    @pytest.mark.parametrize("command", COMMANDS, ids=lambda command: " ".join(command[2:4]))
    def test_runs_in_the_virtual_environment_of_the_project(self, command: list[str]) -> None:
        assert command[:2] == [".venv/bin/python", "-m"]
        assert "VENV := .venv\n" in (ROOT / "Makefile").read_text(encoding="utf-8")

    @pytest.mark.parametrize("command", COMMANDS, ids=lambda command: " ".join(command[2:4]))
    def test_names_only_files_that_exist(self, command: list[str]) -> None:
        assert all((ROOT / word).exists() for word in command[3:] if "/" in word)


class EditorTests:
    def test_every_text_is_as_editors_would_save_it(self) -> None:
        texts = [path for path in tracked() if path.suffix not in (".png", ".mo")]

        assert [
            path for path in texts if b"\r" in (source := path.read_bytes()) or source[-1:] not in (b"", b"\n")
        ] == []
        assert [path for path in texts if re.search(r"[ \t]$", path.read_text(encoding="utf-8"), re.MULTILINE)] == []
