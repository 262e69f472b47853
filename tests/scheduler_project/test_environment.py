import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from scheduler_project.environment import BASE_DIR


class VarTests:
    @pytest.fixture
    def checkout(self, tmp_path: Path) -> Path:
        (tmp_path / "scheduler_project").mkdir()
        shutil.copy(BASE_DIR / "scheduler_project/environment.py", tmp_path / "scheduler_project")
        return tmp_path

    def time_zone(self, checkout: Path, **variables: str) -> str:
        code = "from scheduler_project.environment import env; print(env.str('TIME_ZONE', default='UTC'))"
        command = [sys.executable, "-c", code]
        return subprocess.run(
            command, cwd=checkout, env=variables, check=True, capture_output=True, text=True, timeout=60
        ).stdout.strip()

    def test_is_made_for_its_owner_alone(self, checkout: Path) -> None:
        assert self.time_zone(checkout) == "UTC"
        assert stat.S_IMODE((checkout / "var").stat().st_mode) == 0o700

    def test_its_env_is_read_and_a_real_variable_wins(self, checkout: Path) -> None:
        (checkout / "var").mkdir()
        (checkout / "var/env").write_text("TIME_ZONE=Europe/Rome\n")

        assert self.time_zone(checkout) == "Europe/Rome"
        assert self.time_zone(checkout, TIME_ZONE="Asia/Tokyo") == "Asia/Tokyo"
