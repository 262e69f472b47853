import hashlib

import pytest
from django.contrib.auth.models import Permission, User
from django.db import IntegrityError

from scheduling.models import ImportChoices, ImportRun
from scheduling.models.imports import digest_of
from tests.factories import ImportChoicesFactory, ImportRunFactory

pytestmark = pytest.mark.django_db


class ImportRunTests:
    def test_outlives_who_imported_it(self) -> None:
        user = User.objects.create_user("amy")
        run = ImportRunFactory(user=user)
        user.delete()
        assert ImportRun.objects.get(pk=run.pk).user is None

    def test_is_named_by_its_file(self) -> None:
        assert str(ImportRunFactory()) == "people.csv"
        run = ImportRunFactory(file_name="")
        assert str(run) == str(run.pk)

    def test_has_no_permissions_of_its_own(self) -> None:
        assert not Permission.objects.filter(content_type__model="importrun").exists()


class ImportChoicesTests:
    def test_are_once_for_a_user_a_kind_and_a_form(self) -> None:
        user = User.objects.create_user("amy")
        choices = ImportChoicesFactory(user=user, form="a")
        ImportChoicesFactory(user=user, form="a", kind="shifts")
        with pytest.raises(IntegrityError):
            ImportChoicesFactory(user=user, form=choices.form)

    def test_go_with_the_user(self) -> None:
        ImportChoicesFactory(user=User.objects.create_user("amy"))
        User.objects.get().delete()
        assert not ImportChoices.objects.exists()

    def test_have_no_permissions_of_their_own(self) -> None:
        assert not Permission.objects.filter(content_type__model="importchoices").exists()


class DigestOfTests:
    def test_is_the_sha_256_and_empty_without_a_file(self) -> None:
        assert digest_of(b"abc") == hashlib.sha256(b"abc").hexdigest()
        assert digest_of(b"") == ""
