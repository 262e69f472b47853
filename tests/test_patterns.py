"""Every regular expression of the project takes time in proportion to its input, whatever somebody writes there."""

import ast
import re
import time
from collections.abc import Iterator
from importlib import import_module
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from tests.arrows import modules_below

ROOT = Path(__file__).resolve().parent.parent
MODULES = modules_below(ROOT, "caching", "scheduling", "scheduler_project")
ELSEWHERE = tuple(f"scheduling.imports.engine.{name}" for name in ("values", "dates", "times", "texts"))
"""Their cells have a length before they meet a pattern; their own tests time whole conversions."""
CHARACTERS = " \t\n0a_\"'`()[]{},;|.:/-@%$\\"
SHORT, LONG = 1000, 4000
MOST = 10.0
"""How many times longer four times the input may take: four times when linear, sixteen when quadratic."""


def reachable(thing: Any, depth: int = 3) -> Iterator[re.Pattern[Any]]:
    """Yield the patterns in a module's variables, its classes, and their containers."""
    if isinstance(thing, re.Pattern):
        yield thing
    elif depth and isinstance(thing, dict):
        for each in thing.values():
            yield from reachable(each, depth - 1)
    elif depth and isinstance(thing, (list, tuple, set, frozenset)):
        for each in thing:
            yield from reachable(each, depth - 1)
    elif depth and isinstance(thing, type):
        yield from reachable(dict(vars(thing)), depth - 1)


def calls_of_re(path: Path) -> Iterator[ast.Call]:
    for node in ast.walk(ast.parse(path.read_text())):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and isinstance(node.func.value, ast.Name)
            and node.func.value.id == "re"
            and node.func.attr != "escape"
        ):
            yield node


def text_of(module: str, pattern: ast.expr) -> str | None:
    """Return the pattern of a call, written there or in a variable of the module; None if it is put together."""
    value = pattern.value if isinstance(pattern, ast.Constant) else None
    if isinstance(pattern, ast.Name):
        value = vars(import_module(module)).get(pattern.id)
    return value if isinstance(value, str) else None


def patterns_of(module: str) -> dict[str, re.Pattern[Any]]:
    found = {each.pattern: each for each in reachable(vars(import_module(module)))}
    for call in calls_of_re(MODULES[module]):
        if (text := text_of(module, call.args[0])) is not None:
            found.setdefault(text, re.compile(text))
    return {str(text): pattern for text, pattern in found.items()}


USING = [name for name in MODULES if name not in ELSEWHERE and any(True for _ in calls_of_re(MODULES[name]))]


def texts(length: int) -> Iterator[str]:
    """Yield the shapes that make a matcher try again: a long run, one that ends wrongly, one that begins rightly."""
    for char in CHARACTERS:
        run = char * length
        yield run
        yield run + "!"
        yield "1" + run + "x"
        yield "'a" + run
    for one, other in product("a 0,\"'.(", repeat=2):
        yield (one + other) * (length // 2) + "!"
    yield from (
        "SELECT a FROM b WHERE " + "(" * length,
        "/*" * (length // 2),
        "--" + "-" * length,
        "$a$" * (length // 3),
        # What Django writes, longer than it ever does, and with a wrong end.
        'INSERT INTO "t" ("a") VALUES (' + "%s, " * (length // 4) + "!",
        'INSERT INTO "t" ("a") VALUES ' + "(%s), " * (length // 6) + "!",
        'INSERT INTO "t" ("a") VALUES (' + "%s::a b(1)[]" * (length // 12) + "!",
        'INSERT INTO "t" (' + '"a", ' * (length // 5) + "!",
        'UPDATE "t" SET a' + " WHERE b" * (length // 8) + " RETURNING %",
        'DELETE FROM "t" WHERE a' + " RETURNING b" * (length // 12) + "%",
        "SET_CONFIG('" + "a" * length,
        "ISOLATION" + " /**/" * (length // 5) + "!",
        "EXPLAIN " + "ANALYZE " * (length // 8) + "!",
        "PREPARE TRANSACTION '" + "a" * length,
    )


def is_anchored(module: str, pattern: re.Pattern[Any]) -> bool:
    """Whether the module asks for a match at the beginning only: a search may begin anywhere, so it costs more."""
    tree = ast.parse(MODULES[module].read_text())
    names = {name for name, value in vars(import_module(module)).items() if value is pattern}
    used = {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in names
    }
    return bool(used) and used <= {"match", "fullmatch", "pattern"}


def seconds(pattern: re.Pattern[Any], text: Any, anchored: bool = False) -> float:
    """Return the time of this thread for matching the text at its beginning, as a whole and anywhere."""
    best = float("inf")
    for _ in range(2):
        started = time.thread_time()
        pattern.match(text)
        pattern.fullmatch(text)
        if not anchored:
            for _match in pattern.finditer(text):
                pass
        best = min(best, time.thread_time() - started)
    return best


def is_linear(pattern: re.Pattern[Any], short: Any, long: Any, anchored: bool) -> bool:
    if isinstance(pattern.pattern, bytes):
        short, long = short.encode(), long.encode()
    # What takes no longer than some passes over the text need not be measured, and cannot be.
    passes = 200 * seconds(_ONE_PASS_OF_BYTES if isinstance(long, bytes) else _ONE_PASS, long)
    if seconds(pattern, long, anchored) <= passes:
        return True
    # The long text anew each time: once, beside other work, it may have been slow by chance.
    ratios = (seconds(pattern, long, anchored) / max(seconds(pattern, short, anchored), 1e-9) for _ in range(5))
    return any(ratio <= MOST for ratio in ratios)


_ONE_PASS, _ONE_PASS_OF_BYTES = re.compile("\x00"), re.compile(b"\x00")


def slow_text(pattern: re.Pattern[Any], anchored: bool = False) -> str:
    """Return the beginning of the first text that takes more than linear time, "" if none does."""
    pairs = zip(texts(SHORT), texts(LONG), strict=True)
    return next((long[:20] for short, long in pairs if not is_linear(pattern, short, long, anchored)), "")


class LinearTimeTests:
    @pytest.mark.parametrize("module", USING)
    def test_of_every_pattern_of(self, module: str) -> None:
        slow = {
            text: found
            for text, pattern in patterns_of(module).items()
            if (found := slow_text(pattern, is_anchored(module, pattern)))
        }

        assert slow == {}

    def test_a_quadratic_pattern_is_found(self) -> None:
        assert slow_text(re.compile(r"\s*x"))
        assert not slow_text(re.compile(r"\d [a-z]"))

    def test_every_pattern_is_found(self) -> None:
        """One that is put together is compiled when its module is loaded, where it can be reached."""
        for module in USING:
            composed = [call for call in calls_of_re(MODULES[module]) if text_of(module, call.args[0]) is None]
            assert all(call.func.attr == "compile" for call in composed), module  # type: ignore[attr-defined]
            assert len(list(reachable(vars(import_module(module))))) >= len(composed), module
