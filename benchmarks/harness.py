"""What the benchmarks share: a temporary folder, the command line, medians, and the table with the bars."""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

Figures = Mapping[str, float]
"""Measured medians by name. A name ends in its unit."""


@dataclass(frozen=True)
class Bar:
    """A promise about one figure or several."""

    figure: str
    """The figure in whose row the promise is shown."""
    promise: str
    is_met: Callable[[Figures], bool]


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """Yield a temporary folder for databases, caches and servers."""
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        yield Path(folder)


def arguments(description: str | None) -> argparse.ArgumentParser:
    """Return a parser with the options that every benchmark takes."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path, metavar="FILE", help="Write the figures as one flat JSON object.")
    return parser


def present(title: str, figures: Figures, bars: Sequence[Bar], file: Path | None) -> None:
    """Print the figures and whether they meet their bars; write them to the file if one is given."""
    table = Table(title=title, title_justify="left")
    table.add_column("figure")
    table.add_column("median", justify="right")
    table.add_column("bar")
    table.add_column("")
    for name, value in figures.items():
        own = [bar for bar in bars if bar.figure == name]
        verdicts = "\n".join("met" if bar.is_met(figures) else "[bold]NOT MET[/bold]" for bar in own)
        table.add_row(name, f"{value:,.4g}" if value < 1000 else f"{value:,.0f}", *_column(own), verdicts)
    Console().print(table)
    if file is not None:
        file.write_text(json.dumps({name: round(value, 4) for name, value in figures.items()}, indent=2) + "\n")


def _column(bars: Sequence[Bar]) -> tuple[str]:
    return ("\n".join(bar.promise for bar in bars),)


def median(values: Sequence[float]) -> float:
    return statistics.median(values)


def medians(rounds: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """Return the median of each figure over several rounds, which all have the same figures."""
    return {name: median([figures[name] for figures in rounds]) for name in rounds[0]}
