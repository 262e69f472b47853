"""Which module uses which: every arrow that the source shows, also those that an import at the top does not.

An arrow goes from a module to each module of ours that it names:

- by ``import`` and ``from … import``, at the top, in a class or in a function;
- by an attribute of a package that it has imported (``import scheduling`` and later ``scheduling.caches``);
- by ``import_module``, ``__import__``, ``import_string`` or ``sys.modules[…]`` with a literal name.

What stands under ``if TYPE_CHECKING`` never runs, so it is collected apart. A dynamic import whose target is computed
cannot be followed; ``Source.dynamic`` lists those.
"""

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from importlib.util import resolve_name
from pathlib import Path

DYNAMIC = frozenset({"importlib.import_module", "__import__", "builtins.__import__"})
BY_PATH = frozenset({"django.utils.module_loading.import_string"})


def modules_below(root: Path, *packages: str) -> dict[str, Path]:
    """Return the files of the packages by their dotted names, without migrations."""
    found = {}
    for path in sorted(path for package in packages for path in (root / package).rglob("*.py")):
        if "migrations" not in path.parts:
            parts = path.relative_to(root).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


@dataclass
class Source:
    """One module and the names that it uses of others, as dotted names: ``scheduling.caches.EMPLOYEE_BY_ID``."""

    module: str
    package: str
    tree: ast.Module
    runtime: set[str] = field(default_factory=set)
    """Dotted names that are used when the code runs."""
    typing: set[str] = field(default_factory=set)
    """Dotted names that only a type checker follows."""
    dynamic: list[int] = field(default_factory=list)
    """Lines that import something whose name is computed."""

    @classmethod
    def read(cls, module: str, path: Path, text: str | None = None) -> "Source":
        """Read a file, or a text in its place."""
        package = module if path.name == "__init__.py" else module.rpartition(".")[0]
        source = cls(module, package, ast.parse(path.read_text() if text is None else text))
        for node, only_types in source._nodes(source.tree, only_types=False):
            names = source.typing if only_types else source.runtime
            names.update(source._names(node))
        return source

    def _nodes(self, node: ast.AST, *, only_types: bool) -> Iterator[tuple[ast.AST, bool]]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.If) and _is_type_checking(child.test):
                for statement in child.body:
                    yield statement, True
                    yield from self._nodes(statement, only_types=True)
                for statement in child.orelse:
                    yield statement, only_types
                    yield from self._nodes(statement, only_types=only_types)
                continue
            yield child, only_types
            yield from self._nodes(child, only_types=only_types)

    @cached_property
    def _bound(self) -> dict[str, str]:
        """The dotted name that stands behind each local name which an import binds, anywhere in the module."""
        bound = {}
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    bound[alias.asname or alias.name.partition(".")[0]] = (
                        alias.name if alias.asname else alias.name.partition(".")[0]
                    )
            elif isinstance(node, ast.ImportFrom):
                for alias in node.names:
                    bound[alias.asname or alias.name] = f"{self._base(node)}.{alias.name}"
        return bound

    def _base(self, node: ast.ImportFrom) -> str:
        if not node.level:
            return node.module or ""
        return resolve_name("." * node.level + (node.module or ""), self.package)

    def _names(self, node: ast.AST) -> Iterator[str]:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{self._base(node)}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Attribute):
            if "." in (name := self._dotted(node)):
                yield name
        elif isinstance(node, ast.Call):
            yield from self._imported_by(node)
        elif isinstance(node, ast.Subscript) and self._dotted(node.value) == "sys.modules":
            yield str(getattr(node.slice, "value", ""))

    def _imported_by(self, call: ast.Call) -> Iterator[str]:
        function = self._dotted(call.func)
        if function not in DYNAMIC | BY_PATH:
            return
        name, package, *_ = [*call.args, *(keyword.value for keyword in call.keywords), None, None]
        literal = name.value if isinstance(name, ast.Constant) else None
        inside = package.value if isinstance(package, ast.Constant) else self.package
        if isinstance(literal, str):
            yield resolve_name(literal, str(inside))
        elif function in DYNAMIC:
            self.dynamic.append(call.lineno)

    def _dotted(self, node: ast.AST) -> str:
        """Return the dotted name of an attribute of something imported, "" if it is something else."""
        parts: list[str] = []
        while isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name):
            return ""
        start = self._bound.get(node.id, node.id if node.id == "__import__" else "")
        return ".".join([start, *reversed(parts)]) if start else ""


def _is_type_checking(test: ast.AST) -> bool:
    return (isinstance(test, ast.Name) and test.id == "TYPE_CHECKING") or (
        isinstance(test, ast.Attribute) and test.attr == "TYPE_CHECKING"
    )


def module_of(name: str, modules: Iterable[str]) -> str | None:
    """Return the longest leading part of a dotted name that is one of the modules."""
    while name:
        if name in modules:
            return name
        name = name.rpartition(".")[0]
    return None


def arrows(sources: Mapping[str, Source], *, typing: bool = False) -> dict[str, set[str]]:
    """Return, for each module, the modules of ours that it uses."""
    return {
        module: {
            target
            for name in (source.typing if typing else source.runtime)
            if (target := module_of(name, sources)) is not None and target != module
        }
        for module, source in sources.items()
    }


def circles(graph: Mapping[str, set[str]]) -> list[list[str]]:
    """Return the groups of modules that can reach each other, by R. Tarjan's algorithm (1972), each sorted."""
    numbers: dict[str, int] = {}
    lowest: dict[str, int] = {}
    stack: list[str] = []
    found: list[list[str]] = []

    def visit(module: str) -> None:
        numbers[module] = lowest[module] = len(numbers)
        stack.append(module)
        for target in graph[module] & graph.keys():
            if target not in numbers:
                visit(target)
                lowest[module] = min(lowest[module], lowest[target])
            elif target in stack:
                lowest[module] = min(lowest[module], numbers[target])
        if lowest[module] == numbers[module]:
            group = stack[stack.index(module) :]
            del stack[stack.index(module) :]
            if len(group) > 1:
                found.append(sorted(group))

    for module in graph:
        if module not in numbers:
            visit(module)
    return sorted(found)
