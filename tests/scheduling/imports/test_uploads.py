import datetime
import os
import time
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from scheduling.imports.engine.files import MAX_BYTES
from scheduling.imports.uploads import MAX_AGE, LimitedUploadHandler, UploadStorage
from scheduling.models import ImportRun
from tests.factories import DepartmentFactory, ImportRunFactory
from tests.scheduling.imports.test_pages import PEOPLE, confirm, upload, url


def waiting(folder: Path, name: str, hours: float = 0) -> Path:
    """Put a file among the uploads that wait for a confirmation, as old as this; return its path."""
    path = folder / "django-import-export" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text("email\n")
    os.utime(path, times=(time.time() - hours * 3600,) * 2)
    return path


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


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
    def test_says_how_large_a_refused_file_is(self, admin_client: Client, folder: Path) -> None:
        page = upload(admin_client, b"a" * 52_345_678).text

        assert "The file has 52.3 MB. At most 50 MB can be imported; split it." in page
        assert not list(folder.rglob("*"))
        assert not ImportRun.objects.exists()

    def test_takes_one_file(self, admin_client: Client) -> None:
        two = [SimpleUploadedFile("a.csv", b"a"), SimpleUploadedFile("b.csv", b"b")]

        assert admin_client.post(url("import"), {"import_file": two}).status_code == 400

    @pytest.mark.parametrize("form", [{"field": "a" * 2_500_001}, {str(number): "" for number in range(1001)}])
    def test_refuses_a_form_that_is_too_large(self, admin_client: Client, form: dict[str, str]) -> None:
        response = admin_client.post(url("import"), form)

        assert response.status_code == 400


@pytest.mark.django_db
class UploadStorageTests:
    @pytest.mark.parametrize("name", ["", "..", "0" * 31, "0" * 32, "0123456789abcdef" * 2])
    def test_has_no_file_by_a_made_up_name(self, name: str) -> None:
        with pytest.raises(FileNotFoundError):
            UploadStorage(name=name).read()

    def test_an_upload_is_in_the_database_and_in_no_folder(self, admin_client: Client, folder: Path) -> None:
        DepartmentFactory(code="KIT")

        name = upload(admin_client, PEOPLE).context["confirm_form"].initial["import_file_name"]

        assert UploadStorage(name=name).read() == PEOPLE
        assert not list(folder.rglob("*"))

    def test_is_gone_once_it_is_imported(self, admin_client: Client) -> None:
        DepartmentFactory(code="KIT")
        preview = upload(admin_client, PEOPLE)
        confirm(admin_client, preview)

        with pytest.raises(FileNotFoundError):
            UploadStorage(name=preview.context["confirm_form"].initial["import_file_name"]).read()
        assert bytes(ImportRun.objects.get().file) == PEOPLE


@pytest.mark.django_db
class DeleteOldTests:
    @pytest.mark.parametrize(("outcome", "left"), [("previewed", 0), ("refused", 1), ("imported", 1)])
    def test_deletes_the_file_of_what_nobody_has_imported_in_a_day(self, outcome: str, left: int) -> None:
        ImportRunFactory(outcome=outcome, created_at=timezone.now() - MAX_AGE)

        assert UploadStorage().delete_old() == (outcome != "imported")
        assert [bool(run.file) for run in ImportRun.objects.all()] == [outcome == "imported"] * left
        assert UploadStorage().delete_old() == 0

    def test_takes_the_time_from_the_caller(self) -> None:
        run = ImportRunFactory(outcome="previewed")
        second = datetime.timedelta(seconds=1)

        assert UploadStorage().delete_old(run.created_at + MAX_AGE - second) == 0
        assert UploadStorage().delete_old(run.created_at + MAX_AGE + second) == 1

    def test_reads_no_file_to_delete_it(self) -> None:
        ImportRunFactory(outcome="previewed", created_at=timezone.now() - MAX_AGE)

        with CaptureQueriesContext(connection) as queries:
            UploadStorage().delete_old()
        assert not [query for query in queries if query["sql"].startswith("SELECT") and '"file"' in query["sql"]]

    def test_is_done_by_the_next_upload(self, admin_client: Client) -> None:
        DepartmentFactory(code="KIT")
        first = upload(admin_client, PEOPLE)
        ImportRun.objects.update(created_at=timezone.now() - MAX_AGE)

        second = upload(admin_client, PEOPLE)

        assert "The uploaded file is no longer there. Upload it again." in confirm(admin_client, first).text
        assert "Import finished: 1 new" in confirm(admin_client, second).text


@pytest.mark.django_db
class FilesOfEarlierVersionsTests:
    """They kept uploads in a folder, from which those that were waiting then are deleted too."""

    def test_are_deleted_after_a_day(self, folder: Path) -> None:
        old, young = waiting(folder, "old", hours=24.1), waiting(folder, "young", hours=23.9)

        assert UploadStorage().delete_old() == 1
        assert (old.exists(), young.exists()) == (False, True)

    def test_other_files_stay(self, folder: Path) -> None:
        other = waiting(folder, "upload", hours=48).rename(folder / "other")

        assert UploadStorage().delete_old() == 0
        assert other.exists()
