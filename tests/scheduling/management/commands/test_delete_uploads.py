import datetime
import io
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from tests.factories import ImportRunFactory
from tests.scheduling.imports.test_uploads import waiting


@pytest.mark.django_db
class DeleteUploadsTests:
    @pytest.mark.parametrize(
        ("hours", "said"),
        [((), "0 uploads deleted."), ((1, 25), "1 upload deleted."), ((30, 25), "2 uploads deleted.")],
    )
    def test_says_how_many_were_older_than_a_day(
        self, hours: tuple[int, ...], said: str, settings: Any, tmp_path: Path
    ) -> None:
        settings.MEDIA_ROOT = tmp_path
        # One is in the folder of an earlier version.
        for number, age in enumerate(hours):
            if number:
                ImportRunFactory(outcome="previewed", created_at=timezone.now() - datetime.timedelta(hours=age))
            else:
                waiting(tmp_path, "upload", hours=age)
        out = io.StringIO()

        call_command("delete_uploads", stdout=out)

        assert out.getvalue().strip() == said
