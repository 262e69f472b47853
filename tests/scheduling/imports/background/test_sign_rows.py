import datetime

import pytest
from django.contrib.auth.models import User
from django.db.models.functions import Now

from scheduling.imports.background.sign_rows import RowSigns, is_dead
from scheduling.imports.background.signs import SILENT_SECONDS
from scheduling.models import ImportRun
from tests.factories import ImportRunFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def run() -> ImportRun:
    made = ImportRunFactory(outcome="running", lease="a")
    silent_for(made, 0)
    return made


def silent_for(run: ImportRun, seconds: float) -> None:
    ImportRun.objects.filter(pk=run.pk).update(heartbeat_at=Now() - datetime.timedelta(seconds=seconds))


class SignTests:
    def test_tell_how_far_it_is(self, run: ImportRun) -> None:
        signs = RowSigns(run.pk)

        assert signs.beat("a", {"done": 5}).is_holder

        seen = signs.look(run)
        assert (seen.alive, seen.progress) == (True, {"done": 5})
        assert seen.silent_seconds < 5

    @pytest.mark.parametrize(("seconds", "alive"), [(SILENT_SECONDS - 5, True), (SILENT_SECONDS + 5, False)])
    def test_a_silent_process_is_dead(self, seconds: float, alive: bool, run: ImportRun) -> None:
        silent_for(run, seconds)

        assert RowSigns(run.pk).look(run).alive is alive
        assert ImportRun.objects.filter(is_dead()).exists() is not alive

    def test_what_waits_for_a_process_is_not_dead(self, run: ImportRun) -> None:
        silent_for(run, 1000)
        ImportRun.objects.update(lease="")

        assert not ImportRun.objects.filter(is_dead()).exists()

    def test_tell_a_process_that_the_run_is_another_ones(self, run: ImportRun) -> None:
        assert not RowSigns(run.pk).beat("b", {"done": 5}).is_holder
        ImportRun.objects.update(outcome="interrupted")
        assert not RowSigns(run.pk).beat("a", {"done": 5}).is_holder
        assert ImportRun.objects.get().progress == {}

    def test_tell_who_wants_it_to_stop(self, run: ImportRun) -> None:
        user = User.objects.create_user("amy")

        RowSigns(run.pk).ask_to_stop(user)

        assert RowSigns(run.pk).look(run).is_stopping
        assert RowSigns(run.pk).beat("a", {}).stopped_by == user.pk

    def test_a_process_that_still_starts_is_vouched_for_until_it_speaks(self, run: ImportRun) -> None:
        silent_for(run, SILENT_SECONDS + 5)
        assert RowSigns(run.pk).vouch("a")
        assert RowSigns(run.pk).look(run).alive

        RowSigns(run.pk).beat("a", {"done": 0})

        assert not RowSigns(run.pk).vouch("a")
