"""Each file of tests by itself."""

from pathlib import Path

import pytest

from .alone import files_in, main, run_all

NEEDS_A_NEIGHBOUR = """
import tests

def test_leaves_something_behind() -> None:
    tests.left_behind = 1

def test_needs_nothing() -> None:
    assert True
"""
IS_NEEDED = "import tests\n\ndef test_needs_what_another_left() -> None:\n    assert tests.left_behind\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "test_first.py").write_text(NEEDS_A_NEIGHBOUR)
    (tmp_path / "deeper").mkdir()
    (tmp_path / "deeper" / "test_second.py").write_text(IS_NEEDED)
    (tmp_path / "other.py").write_text("raise SystemExit(3)")
    return tmp_path


class AloneTests:
    def test_finds_a_test_that_needs_what_another_file_leaves_behind(
        self, folder: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert main([str(folder), "--seed", "7", "--", "-p", "no:xdist"]) == 1

        printed = capsys.readouterr().out
        assert "Seed 7" in printed
        assert f"{folder}/deeper/test_second.py: exit status 1" in printed
        assert "AttributeError" in printed
        assert f"{folder}/test_first.py" not in printed
        assert printed.endswith("2 files alone, 1 failed\n")

    def test_a_file_of_which_nothing_is_selected_has_not_failed(self, folder: Path) -> None:
        assert run_all([str(folder / "test_first.py")], ["-k", "nothing"]) == 0

    def test_takes_files_and_folders(self, folder: Path) -> None:
        (first, second) = (str(folder / "deeper" / "test_second.py"), str(folder / "test_first.py"))
        assert files_in([str(folder), second]) == [first, second]
        assert files_in([second]) == [second]
