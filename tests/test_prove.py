"""The proof runs to its end, and says what it has covered."""

import sys

import pytest

from .prove import PARTS, Part, main, parts_of, prove


def part(name: str, source: str) -> Part:
    return Part(name, ("-c", source))


class ProveTests:
    FAILS = part("first", "print('3 scenarios, 1,200 schedules'); raise SystemExit(2)")
    HOLDS = part("second", "print('much'); print('=== 4 mutations, 300 schedules in 7 s ===')")

    def test_runs_all_parts_and_ends_with_the_worst_status(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert prove([self.FAILS, self.HOLDS]) == 2

        printed = capsys.readouterr().out
        assert "FAILED  first                3 scenarios, 1,200 schedules (" in printed
        assert "ok      second               4 mutations, 300 schedules in 7 s (" in printed

    def test_adds_up_what_was_covered(self, capsys: pytest.CaptureFixture[str]) -> None:
        prove([self.FAILS, self.HOLDS])

        assert capsys.readouterr().out.endswith("In all: 1,500 schedules, 4 mutations\n")

    def test_a_part_that_is_killed_has_failed(self) -> None:
        assert prove([part("killed", "import os; os.kill(os.getpid(), 9)")]) == 128 + 9

    def test_a_part_has_its_own_environment(self, capsys: pytest.CaptureFixture[str]) -> None:
        prove([Part("own", ("-c", "import os; print(os.environ['SEQUENCES'], 'states')"), {"SEQUENCES": "7"})])
        assert "ok      own                  7 states (" in capsys.readouterr().out

    def test_a_part_that_says_nothing_covers_nothing(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert prove([part("silent", "")]) == 0
        assert "ok      silent               nothing (" in capsys.readouterr().out


class PartsTests:
    def test_no_two_have_one_name(self) -> None:
        assert len({part.name for part in PARTS}) == len(PARTS)

    def test_those_of_a_day_are_told_its_number(self) -> None:
        assert all("739583" in part.arguments for part in parts_of(739583))


class CommandTests:
    @pytest.fixture(autouse=True)
    def no_parts(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Let each part print its arguments."""
        source = "import sys; print(*sys.argv[1:])"
        monkeypatch.setattr(
            sys.modules[prove.__module__], "parts_of", lambda day: [Part("x", ("-c", source, str(day)))]
        )
        monkeypatch.setattr(sys.modules[prove.__module__], "PARTS", [Part(name, ("-c", source, name)) for name in "ab"])

    def test_says_how_to_repeat_the_part_of_a_day(
        self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("PROVE_DAY", "12")

        assert main(["--today"]) == 0
        printed = capsys.readouterr().out
        assert printed.startswith("Day 12; once more with PROVE_DAY=12.\n")
        assert "ok      x                    12 (" in printed

    def test_takes_the_day_of_an_option(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["--day", "13"]) == 0
        assert "ok      x                    13 (" in capsys.readouterr().out

    def test_runs_one_part_alone(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["--only", "b"]) == 0
        printed = capsys.readouterr().out
        assert "ok      b" in printed
        assert "ok      a" not in printed
