"""Another project puts ``caching`` into INSTALLED_APPS, with a directory and nothing else: no Redis, no rich."""

import os
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest

ROOT = Path(__file__).resolve().parents[2]
FILES = {
    "manage.py": """
        import os, sys
        from importlib.abc import MetaPathFinder

        class NotInstalled(MetaPathFinder):
            def find_spec(self, name, path=None, target=None):
                if name.partition(".")[0] in ("redis", "django_redis", "hiredis", "rich"):
                    raise ModuleNotFoundError(f"No module named {name!r}", name=name)

        sys.meta_path.insert(0, NotInstalled())
        os.environ["DJANGO_SETTINGS_MODULE"] = "settings"
        from django.core.management import execute_from_command_line

        execute_from_command_line(sys.argv)
        """,
    "settings.py": """
        from pathlib import Path

        BASE = Path(__file__).parent
        SECRET_KEY = "of a test"
        INSTALLED_APPS = ["shop", "caching"]
        CACHING = {"DIRECTORY": BASE / "shared"}
        DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": BASE / "db.sqlite3"}}
        DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
        USE_TZ = True
        """,
    "shop/__init__.py": "",
    "shop/caches.py": """
        from caching import CachedLookup, CacheType

        PRODUCT = CacheType("product")
        PRODUCT_BY_CODE = CachedLookup("shop.Product", "code", cache_type=PRODUCT)
        """,
    "shop/models.py": """
        from django.db import models
        from shop import caches

        class ProductManager(models.Manager):
            get_by_code = staticmethod(caches.PRODUCT_BY_CODE.get)

        class Product(models.Model):
            code = models.CharField(max_length=20, unique=True)
            price = models.IntegerField()
            objects = ProductManager()
        """,
    "shop/migrations/__init__.py": "",
}
SESSION = """
from django.db import connection
from django.test.utils import CaptureQueriesContext
from shop.models import Product
pen = Product.objects.create(code="pen", price=1)
def prices(count):
    with CaptureQueriesContext(connection) as queries:
        found = [Product.objects.get_by_code("pen").price for _ in range(count)]
    return found, len(queries)
print(prices(3))
Product.objects.filter(code="pen").update(price=2)
print(prices(2))
"""


class Project:
    """A project in a folder of its own."""

    def __init__(self, folder: Path, files: dict[str, str]) -> None:
        self.folder = folder
        for name, content in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(dedent(content))
        (folder / "shared").mkdir()

    def manage(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("DJANGO_", "CACHE_"))}
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=self.folder,
            env=environment | {"PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            timeout=120,
        )

    def must(self, *arguments: str) -> str:
        done = self.manage(*arguments)
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path, FILES)


class SecondProjectTests:
    def test_reads_writes_and_steers_the_cache(self, project: Project) -> None:
        assert "no issues" in project.must("check")
        project.must("makemigrations", "shop")
        project.must("migrate", "--verbosity", "0")
        assert project.must("shell", "--verbosity", "0", "--command", SESSION).splitlines() == [
            "([1, 1, 1], 1)",
            "([2, 2], 1)",
        ]
        assert '"hits_local": 3' in project.must("cache", "stats", "--format", "json")
        assert "Cleared product" in project.must("cache", "clear", "product")

    def test_says_what_a_table_needs(self, project: Project) -> None:
        done = project.manage("cache", "stats")
        assert done.returncode == 1
        assert done.stderr == (
            "CommandError: A table needs the package rich: pip install rich, or use --format json or csv.\n"
        )

    def test_a_label_that_names_no_model_is_an_error_of_the_check(self, tmp_path: Path) -> None:
        files = FILES | {"shop/caches.py": FILES["shop/caches.py"].replace("shop.Product", "shop.Produkt")}
        done = Project(tmp_path, files).manage("check")
        assert done.returncode == 1
        assert "(caching.E006) There is no model 'shop.Produkt'. Did you mean shop.Product?" in done.stderr

    def test_so_is_a_label_that_a_computed_value_depends_on(self, tmp_path: Path) -> None:
        computed = '@cached(PRODUCT, lambda: "list:all", depends_on=["shop.Produkt"])\ndef products():\n    return []\n'
        caches = (
            dedent(FILES["shop/caches.py"]).replace("import CachedLookup", "import cached, CachedLookup") + computed
        )
        done = Project(tmp_path, FILES | {"shop/caches.py": caches + computed}).manage("check")
        assert "(caching.E006) There is no model 'shop.Produkt'." in done.stderr

    def test_a_look_up_of_no_model_says_so_when_it_is_used(self, tmp_path: Path) -> None:
        files = FILES | {"shop/caches.py": FILES["shop/caches.py"].replace("shop.Product", "shop.Produkt")}
        session = "from shop.models import Product; Product.objects.get_by_code('pen')"
        done = Project(tmp_path, files).manage("shell", "--verbosity", "0", "--command", session)
        assert "ModelNotLoaded: The look-up shop.Produkt.code cannot be used yet" in done.stderr
