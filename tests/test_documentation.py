"""What the documentation says about commands, settings, options, checks, files and links is true."""

import ast
import importlib
import re
from collections.abc import Iterator
from dataclasses import MISSING, fields
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from django.core.management import get_commands

from caching.conf import Config

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
PACKAGES = ("benchmarks", "caching", "scheduler_project", "scheduling", "tests")
FOLDERS = (*PACKAGES, "docs")
LEVELS = {"E": "error", "W": "warning", "I": "info"}
every_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def table(page: str, heading: str) -> Iterator[list[str]]:
    """Yield the cells of each row of the table whose first column has the heading."""
    lines = iter(text_of(ROOT / page).splitlines())
    for line in lines:
        if line.startswith(f"| {heading} |"):
            next(lines)
            break
    for line in lines:
        if not line.startswith("|"):
            return
        yield [cell.strip() for cell in line.strip("|").split("|")]


def in_backticks(text: str) -> list[str]:
    """Return the pieces of code inside of sentences."""
    return re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL))


def sources(package: str) -> str:
    return "\n".join(text_of(path) for path in sorted((ROOT / package).rglob("*.py")))


class OptionTests:
    def test_every_option_of_the_cache_is_documented_with_its_default(self) -> None:
        documented = {name.strip("`"): ast.literal_eval(default.strip("`")) for name, default, _ in self.rows()}

        assert documented == self.defaults()

    def test_the_options_are_in_the_order_of_the_code(self) -> None:
        assert [name.strip("`") for name, _, _ in self.rows()] == [option.name for option in fields(Config)]

    def rows(self) -> list[list[str]]:
        return list(table("docs/settings.md", "option"))

    def defaults(self) -> dict[str, Any]:
        return {
            option.name: option.default if option.default_factory is MISSING else option.default_factory()
            for option in fields(Config)
        }


class CheckTests:
    def test_every_check_is_documented_with_its_level(self) -> None:
        ids = set(re.findall(r'id="(\w+\.[EWI]\d{3})"', sources("caching") + sources("scheduling")))
        documented = {name.strip("`"): level for name, level, _, _ in table("docs/checks.md", "id")}

        assert ids
        assert documented == {name: LEVELS[name.partition(".")[2][0]] for name in ids}


class VariableTests:
    READ = re.compile(r"\benv\.(?:str|bool|int|float|list)\(\"(\w+)\"(?:, default=([^)\n]+))?\)")

    def test_the_readme_has_every_variable_and_no_other(self) -> None:
        documented = {name for names, _, _ in table("README.md", "variable") for name in re.findall(r"`(\w+)`", names)}

        assert documented == {name for name, _ in self.READ.findall(sources("scheduler_project"))}

    def test_the_readme_has_the_defaults(self) -> None:
        documented: dict[str, str] = {}
        for names, defaults, _ in table("README.md", "variable"):
            variables = re.findall(r"`(\w+)`", names)
            documented |= zip(variables, defaults.replace("`", "").split(", "), strict=False)
        numbers_and_words = {
            name: str(ast.literal_eval(default))
            for name, default in self.READ.findall(sources("scheduler_project"))
            if re.fullmatch(r"\d+|True|False|\"\w+\"", default)
        }
        shown = {"True": "on", "False": "off"}

        assert len(numbers_and_words) > 5
        for name, default in numbers_and_words.items():
            assert documented[name] == shown.get(default, default), name


class CommandTests:
    @every_page
    def test_every_make_target_exists(self, page: Path) -> None:
        targets = set(re.findall(r"^([a-z-]+):", text_of(ROOT / "Makefile"), re.MULTILINE))
        named = re.findall(r"(?:^\$ |`)make ([a-z-]+)", text_of(page), re.MULTILINE)

        assert set(named) <= targets

    def test_make_help_lists_every_target(self) -> None:
        makefile = text_of(ROOT / "Makefile")
        (phony,) = re.findall(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)

        assert set(re.findall(r"^([a-z-]+):.*## ", makefile, re.MULTILINE)) == set(phony.split())

    @every_page
    def test_every_management_command_exists(self, page: Path) -> None:
        assert set(re.findall(r"manage\.py ([a-z_]+)", text_of(page))) <= get_commands().keys()

    @every_page
    def test_every_module_that_is_run_exists(self, page: Path) -> None:
        named = re.findall(r"python -m ([\w.]+\w)", text_of(page))

        assert [module for module in named if module.startswith(PACKAGES) and not find_spec(module)] == []

    def test_the_readme_names_every_benchmark(self) -> None:
        (line,) = (line for line in text_of(ROOT / "README.md").splitlines() if line.startswith("| `benchmarks/` |"))
        guide = importlib.import_module("benchmarks").__doc__ or ""

        assert set(re.findall(r"\.([a-z]+)`", line)) == set(re.findall(r"python -m benchmarks\.([a-z]+)", guide))


class FileTests:
    @every_page
    def test_every_file_and_folder_of_ours_exists(self, page: Path) -> None:
        paths = [code for code in in_backticks(text_of(page)) if code.startswith(tuple(f"{name}/" for name in FOLDERS))]

        assert [path for path in paths if not any(ROOT.glob(path.rstrip("/")))] == []

    @every_page
    def test_every_dotted_name_of_ours_exists(self, page: Path) -> None:
        # Not "caching.E001", nor the permission "scheduling.publish_schedule".
        pattern = rf"(?:{'|'.join(PACKAGES)})(?:\.[a-z_]+)+(?:\.[A-Z]\w+)?"
        names = [code for code in in_backticks(text_of(page)) if re.fullmatch(pattern, code)]
        permissions = re.compile(
            r"scheduling\.[a-z]+_(?:schedule|scheduleassignment|\w*notification)|caching\.(?:view|clear|warm)_cache\w*"
        )

        assert [name for name in names if not permissions.fullmatch(name) and not exists(name)] == []

    @every_page
    def test_every_link_leads_somewhere(self, page: Path) -> None:
        links = re.findall(r"\]\(([^)\s]+)\)|<img src=\"([^\"]+)\"", text_of(page))
        for link in (markdown or html for markdown, html in links):
            if link.startswith(("https://", "http://")):
                continue
            path, _, anchor = link.partition("#")
            target = (page.parent / path).resolve() if path else page
            assert target.exists(), link
            assert not anchor or anchor in anchors(target), link


def exists(name: str) -> bool:
    """Return whether a dotted name is that of a module, or of something in one."""
    module, _, attribute = name.rpartition(".")
    try:
        # First what the module holds: a module that is no package cannot be searched for another one.
        return hasattr(importlib.import_module(module), attribute) or find_spec(name) is not None
    except ModuleNotFoundError:
        return bool(module) and attribute[:1].isupper() and exists(module)


def anchors(page: Path) -> set[str]:
    """Return the names of the headings, as GitHub forms them."""
    headings = re.findall(r"^#+ (.*)$", text_of(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
