import os
import shutil
import stat
import subprocess
import sys
from datetime import date, timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.core.management.base import CommandError
from pytest_django.fixtures import Settings
from rich.console import Console

from scheduling.management.commands.demo import Command, create_user, first_monday, write_environment
from scheduling.models import Employee, Schedule, ScheduleAssignment
from scheduling.samples.weeks import this_monday
from tests.factories import ScheduleFactory

ROOT = Path(__file__).resolve().parents[4]
PACKAGES = ("benchmarks", "caching", "scheduler_project", "scheduling")


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


class EnvironmentTests:
    def test_a_key_of_its_own_that_only_its_owner_can_read(self, tmp_path: Path) -> None:
        first, second = tmp_path / "first", tmp_path / "second"
        for path in (first, second):
            write_environment(path)
            assert mode(path) == 0o600
        assert len(first.read_text()) > 60
        assert first.read_text() != second.read_text()

    def test_one_that_is_there_is_kept(self, tmp_path: Path) -> None:
        path = tmp_path / "env"
        path.write_text("SECRET_KEY=mine\n")
        write_environment(path)
        assert path.read_text() == "SECRET_KEY=mine\n"


@pytest.mark.django_db
class UserTests:
    def test_the_password_works_and_is_kept(self, tmp_path: Path) -> None:
        path = tmp_path / "password"
        password = create_user(path)
        user = User.objects.get()
        assert password is not None
        assert user.check_password(password)
        assert user.is_superuser
        assert mode(path) == 0o600
        assert create_user(path) == password

    def test_one_that_was_changed_is_not_told(self, tmp_path: Path) -> None:
        path = tmp_path / "password"
        create_user(path)
        user = User.objects.get()
        user.set_password("another")
        user.save()
        assert create_user(path) is None
        assert User.objects.get().check_password("another")


@pytest.mark.django_db
class FirstMondayTests:
    WEEK = timedelta(weeks=1)

    def remembered(self, tmp_path: Path, monday: date) -> Path:
        path = tmp_path / "monday"
        path.write_text(f"{monday}\n")
        return path

    def test_the_first_demo_plans_this_week(self, tmp_path: Path) -> None:
        assert first_monday(tmp_path / "monday") == this_monday()

    def test_the_next_week_keeps_the_plan_of_the_last_demo(self, tmp_path: Path) -> None:
        last = this_monday() - self.WEEK
        ScheduleFactory(week_start=last)

        assert first_monday(self.remembered(tmp_path, last)) == last

    def test_a_plan_whose_weeks_are_over_is_followed_by_one_of_this_week(self, tmp_path: Path) -> None:
        last = this_monday() - 2 * self.WEEK
        ScheduleFactory(week_start=last)

        assert first_monday(self.remembered(tmp_path, last)) == this_monday()

    def test_a_plan_that_another_database_has_does_not_count(self, tmp_path: Path) -> None:
        assert first_monday(self.remembered(tmp_path, this_monday() - self.WEEK)) == this_monday()

    def test_a_file_that_says_nothing_does_not_count(self, tmp_path: Path) -> None:
        path = tmp_path / "monday"
        path.write_text("tomorrow\n")

        assert first_monday(path) == this_monday()


@pytest.mark.django_db
class ImportTests:
    @pytest.fixture
    def demo(self, tmp_path: Path, settings: Settings) -> Command:
        settings.VAR_DIR = tmp_path
        command = Command()
        command.console = Console(file=StringIO(), width=100)
        return command

    def import_samples(self, demo: Command) -> str:
        demo.import_samples()
        return demo.console.file.getvalue()  # type: ignore[attr-defined, no-any-return]

    def test_the_weeks_begin_this_monday(self, demo: Command) -> None:
        assert f"The plan begins on {this_monday()}." in self.import_samples(demo)
        assert Schedule.objects.earliest("week_start").week_start == this_monday()
        assert ScheduleAssignment.objects.filter(schedule__week_start=this_monday()).count() > 4000

    def test_a_plan_that_was_published_meanwhile_is_kept(self, demo: Command) -> None:
        self.import_samples(demo)
        Schedule.objects.filter(week_start=this_monday()).update(status=Schedule.Status.PUBLISHED)

        output = self.import_samples(demo)

        assert "Not imported, because somebody has changed this plan since: schedules.csv." in output
        assert Schedule.objects.filter(status=Schedule.Status.PUBLISHED).exists()

    def test_any_other_file_that_is_refused_ends_the_demo(self, demo: Command) -> None:
        self.import_samples(demo)
        # The number of the first sample employee belongs to somebody else now.
        first = Employee.objects.get(employee_number="H10001")
        Employee.objects.filter(pk=first.pk).update(email="another@example.com", first_name="Zoë", last_name="Quist")

        with pytest.raises(CommandError, match=r"employees\.csv cannot be imported into this database: row 2: "):
            self.import_samples(demo)


class DemoTests:
    @pytest.mark.skipif(os.name != "posix", reason="make and the shared memory are for POSIX systems")
    def test_runs_twice_in_a_fresh_checkout_without_any_environment(self, tmp_path: Path) -> None:
        for package in PACKAGES:
            shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(ROOT / "manage.py", tmp_path)
        first, second = (self.run(tmp_path) for _ in range(2))
        for output in (first, second):
            assert "stock ModelResource" in output
            assert "another process has saved it" in output
            assert "http://127.0.0.1:8000/admin/" in output
        assert "│ assignments.csv │ 5,000 │       0 │         0 │" in first
        assert "│ assignments.csv │   0 │       0 │     5,000 │" in second
        password = (tmp_path / "var" / "demo-password").read_text().strip()
        assert password in first
        assert password in second

    def run(self, checkout: Path) -> str:
        command = [sys.executable, "manage.py", "demo", "--rows", "20"]
        environment = {"PATH": os.environ["PATH"]}
        done = subprocess.run(command, cwd=checkout, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert "\x1b" not in done.stdout
        return done.stdout
