from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client, RequestFactory

from scheduling.imports.engine.files import MAX_BYTES
from scheduling.imports.uploads import LimitedUploadHandler
from tests.scheduling.imports.test_pages import upload, url


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
