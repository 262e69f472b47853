import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from django.contrib.auth.models import User

from scheduling.management.commands.demo import create_user, write_environment

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
