import datetime
import os
import time
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client, RequestFactory
from django.utils import timezone

from scheduling.imports.engine.files import MAX_BYTES
from scheduling.imports.uploads import MAX_AGE, LimitedUploadHandler, UploadStorage
from tests.factories import DepartmentFactory
from tests.scheduling.imports.test_pages import PEOPLE, confirm, upload, url


def waiting(folder: Path, name: str, hours: float = 0) -> Path:
    """Put a file among the uploads that wait for a confirmation, as old as this; return its path."""
    path = folder / "django-import-export" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text("email\n")
    os.utime(path, times=(time.time() - hours * 3600,) * 2)
    return path


class LimitedUploadHandlerTests:
    def test_hands_a_chunk_on_up_to_the_limit_and_no_further(self) -> None:
        handler = LimitedUploadHandler()

        assert handler.receive_data_chunk(b"abc", MAX_BYTES - 3) == b"abc"
        assert handler.receive_data_chunk(b"abc", MAX_BYTES - 2) is None
        assert handler.receive_data_chunk(b"abc", 9 * MAX_BYTES) is None

    @pytest.mark.parametrize(("size", "kept"), [(MAX_BYTES, MAX_BYTES), (MAX_BYTES + 1, 0)])
    def test_a_file_that_is_too_large_arrives_empty_and_says_its_size(self, size: int, kept: int) -> None:
        request = RequestFactory().post("/", {"file": SimpleUploadedFile("people.csv", b"a" * size)})

        file = request.FILES["file"]

        assert (file.name, file.size, len(file.read())) == ("people.csv", size, kept)


class ImportPageTests:
    def test_says_how_large_a_refused_file_is(self, admin_client: Client, settings: Any, tmp_path: Path) -> None:
        settings.MEDIA_ROOT = tmp_path

        page = upload(admin_client, b"a" * 12_345_678).text

        assert "The file has 12.3 MB. At most 10 MB can be imported; split it." in page
        assert not list(tmp_path.rglob("*"))

    def test_takes_one_file(self, admin_client: Client) -> None:
        two = [SimpleUploadedFile("a.csv", b"a"), SimpleUploadedFile("b.csv", b"b")]

        assert admin_client.post(url("import"), {"import_file": two}).status_code == 400

    @pytest.mark.parametrize("form", [{"field": "a" * 2_500_001}, {str(number): "" for number in range(1001)}])
    def test_refuses_a_form_that_is_too_large(self, admin_client: Client, form: dict[str, str]) -> None:
        response = admin_client.post(url("import"), form)

        assert response.status_code == 400


class DeleteOldTests:
    @pytest.fixture(autouse=True)
    def folder(self, settings: Any, tmp_path: Path) -> Path:
        settings.MEDIA_ROOT = tmp_path
        return tmp_path

    def test_deletes_what_has_waited_for_more_than_a_day(self, folder: Path) -> None:
        old, young = waiting(folder, "old", hours=24.1), waiting(folder, "young", hours=23.9)

        assert UploadStorage().delete_old() == 1
        assert (old.exists(), young.exists()) == (False, True)

    def test_takes_the_time_from_the_caller(self, folder: Path) -> None:
        waiting(folder, "upload")
        second = datetime.timedelta(seconds=5)

        assert UploadStorage().delete_old(timezone.now() + MAX_AGE - second) == 0
        assert UploadStorage().delete_old(timezone.now() + MAX_AGE + second) == 1

    def test_before_the_first_upload_there_is_nothing_to_delete(self) -> None:
        assert UploadStorage().delete_old() == 0

    def test_leaves_other_files_alone(self, folder: Path) -> None:
        other = waiting(folder, "upload", hours=48).rename(folder / "other")

        assert UploadStorage().delete_old() == 0
        assert other.exists()

    @pytest.mark.django_db
    def test_is_done_by_the_next_upload(self, folder: Path, admin_client: Client) -> None:
        DepartmentFactory(code="KIT")
        first = upload(admin_client, PEOPLE)
        (kept,) = (folder / "django-import-export").iterdir()
        day_before = time.time() - 25 * 3600
        os.utime(kept, times=(day_before, day_before))

        second = upload(admin_client, PEOPLE)

        assert not kept.exists()
        assert "The uploaded file is no longer there. Upload it again." in confirm(admin_client, first).text
        assert "Import finished: 1 new" in confirm(admin_client, second).text
