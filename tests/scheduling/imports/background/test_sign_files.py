import os
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.db import connections

from scheduling.imports.background.sign_files import FileSigns
from scheduling.models import ImportRun

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def beside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let the database be in a folder of its own."""
    monkeypatch.setitem(connections["default"].settings_dict, "NAME", str(tmp_path / "db"))
    return tmp_path / "db-imports"


@pytest.fixture
def run() -> ImportRun:
    return ImportRun(pk=uuid4())


class HoldTests:
    def test_one_holds_a_run_and_others_see_it(self, run: ImportRun) -> None:
        first, second = FileSigns(run.pk), FileSigns(run.pk)
        assert not second.look(run).alive

        assert first.take("a")
        assert not second.take("b")
        assert second.look(run).alive
        assert second.look(run).alive  # To look takes nothing away.

        first.give_up()
        assert not second.look(run).alive
        assert second.take("b")

    def test_a_child_process_keeps_what_it_inherits(self, run: ImportRun) -> None:
        parent, other = FileSigns(run.pk), FileSigns(run.pk)
        parent.take("a")
        (descriptor,) = parent.inherited()
        # What a child has of it.
        inherited = os.dup(descriptor)

        parent.give_up()

        assert other.look(run).alive
        child = FileSigns(run.pk)
        assert child.take("a", inherited)
        assert not other.take("b")
        child.give_up()
        assert not other.look(run).alive

    def test_a_file_that_was_deleted_meanwhile_holds_nothing(
        self, run: ImportRun, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        FileSigns(run.pk).take("a")
        late = FileSigns(run.pk)
        monkeypatch.setattr(late, "_is_current", lambda descriptor: False)

        assert not late.take("b")

    def test_nobody_else_can_read_the_folder(self, run: ImportRun, beside: Path) -> None:
        FileSigns(run.pk).take("a")

        assert beside.stat().st_mode & 0o777 == 0o700


class SignTests:
    def test_tell_how_far_it_is_and_since_when_it_is_silent(self, run: ImportRun, beside: Path) -> None:
        signs = FileSigns(run.pk)
        signs.take("a")
        assert signs.beat("a", {"done": 5}).is_holder
        assert signs.look(run).progress == {"done": 5}
        assert signs.look(run).silent_seconds < 5

        os.utime(beside / f"{run.pk.hex}.json", (0, 0))

        assert signs.look(run).silent_seconds > 1e9
        assert signs.look(run).alive

    def test_tell_who_wants_it_to_stop(self, run: ImportRun) -> None:
        signs: Any = FileSigns(run.pk)
        signs.take("a")
        assert signs.beat("a", {}).stopped_by is None

        FileSigns(run.pk).ask_to_stop(User(pk=7))

        assert signs.beat("a", {}).stopped_by == 7
        assert signs.look(run).is_stopping

    def test_what_was_asked_of_an_earlier_process_is_forgotten(self, run: ImportRun) -> None:
        signs = FileSigns(run.pk)
        signs.take("a")
        signs.ask_to_stop(User(pk=7))
        signs.give_up()

        signs.take("b")

        assert not signs.look(run).is_stopping

    def test_are_gone_when_the_run_has_ended(self, run: ImportRun, beside: Path) -> None:
        signs = FileSigns(run.pk)
        signs.take("a")
        signs.beat("a", {})
        signs.ask_to_stop(User(pk=7))

        signs.clear()

        assert list(beside.iterdir()) == []
        signs.ask_to_stop(User(pk=7))
