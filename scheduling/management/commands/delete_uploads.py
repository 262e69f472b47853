"""manage.py delete_uploads: deletes the uploads that nobody has confirmed for a day."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from scheduling.imports.uploads import UploadStorage


class Command(BaseCommand):
    help = "Delete the uploads that nobody has confirmed for a day. The next upload does the same."

    def handle(self, **options: Any) -> None:
        deleted = UploadStorage().delete_old()
        self.stdout.write(f"{deleted} upload{'' if deleted == 1 else 's'} deleted.")
