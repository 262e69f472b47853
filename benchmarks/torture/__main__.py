"""Run the torture test, print a table and write the figures as flat JSON."""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from benchmarks.disks import can_mount, on_small_disk
from benchmarks.harness import scratch_folder
from benchmarks.torture.designs import DESIGNS
from benchmarks.torture.faults import FAULTS, LEAVING_INTENTS, NEED_SERVER
from benchmarks.torture.supervisor import INTENT_SECONDS, ChildFailed, Options, torture

_SHOWN = (
    *("reads", "reads_per_s", "writes", "writes_per_s", "killed", "flushed", "restarted", "cut", "slowed", "outage_s"),
    *("failed_over", "paused", "postgres_killed", "disk_filled", "forked", "reads_in_forks", "jumps"),
    *("warmed", "reads_without_database"),
    *("served_from_cache", "stale_reads"),
    *("stale_row_reads", "stale_address_reads", "stale_assignment_reads", "stale_joined_reads"),
    *(
        "worst_age_ms",
        "stale_in_window",
        "worst_age_in_window_ms",
        "uncommitted_reads",
        "stale_after_quiescence",
        "own_reads",
        "own_reads_wrong",
    ),
    *("served_by_email_share", "served_by_id_share", "served_address_share", "served_one_list_share"),
)
DISK = "TORTURE_DISK"
"""In the environment: the folder on the small disk, for the command that runs there."""
DISK_KILOBYTES = 6000
"""Room for the generations (3.7 MB) and some files of counts."""
PAUSED_INTENT_SECONDS = 3.0
"""A pause is longer, and others wait for its locks: in SQLite for 20 seconds, in PostgreSQL for ten."""
_MUST_BE_ZERO = ("stale_reads", "uncommitted_reads", "stale_after_quiescence", "own_reads_wrong")


def main(arguments: list[str] | None = None) -> int:
    """Return 0 if our cache was never stale, 1 if it was, 2 if a process failed. A peer is only measured."""
    parser = _parser()
    given = parser.parse_args(arguments)
    needing = NEED_SERVER.intersection(given.faults)
    if needing and (given.store != "redis" or given.peer != "ours"):
        parser.error(f"--faults {','.join(sorted(needing))} needs --store redis, and no --peer.")
    _refuse_combinations(parser, given)
    if "disk" in given.faults and DISK not in os.environ:
        return _again_on_small_disk(parser, arguments)
    intent_seconds = given.intent_seconds or (PAUSED_INTENT_SECONDS if "pause" in given.faults else INTENT_SECONDS)
    options = Options(
        database=given.database,
        peer=given.peer,
        store=given.store,
        faults=given.faults,
        only_saves=given.writes == "save",
        seconds=given.seconds,
        readers=given.readers,
        writers=given.writers,
        reads_per_write=given.reads_per_write,
        intent_seconds=intent_seconds,
        warming=given.warming,
        disk=Path(os.environ[DISK]) if "disk" in given.faults else None,
    )
    try:
        result = torture(options)
    except ChildFailed as error:
        print(error, file=sys.stderr)
        return 2
    forms, examples = result.pop("forms"), result.pop("examples")
    _print_table(result, forms, examples)
    if given.json:
        given.json.write_text(json.dumps(result, indent=2) + "\n")
    return 1 if given.peer == "ours" and any(result[name] for name in _MUST_BE_ZERO) else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.torture", description="Is any cached read ever stale?")
    parser.add_argument(
        "--database",
        help="'embedded' for a PostgreSQL from its wheel, or a URL; that database is migrated, and rows named Torture "
        "are added and taken out again. Default: a temporary SQLite file.",
    )
    parser.add_argument(
        "--store",
        choices=["memory", "redis"],
        default="memory",
        help="where our generations live; 'redis': in a Valkey from its wheel, with the values",
    )
    parser.add_argument(
        "--faults", type=_faults, default=(), help=f"one or several of {', '.join(FAULTS)}, with commas between"
    )
    parser.add_argument("--peer", choices=list(DESIGNS), default="ours", help="the cache under test")
    parser.add_argument("--writes", choices=["all", "save"], default="all", help="'save': only what signals see")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--readers", type=int, default=4)
    parser.add_argument("--writers", type=int, default=2)
    parser.add_argument("--reads-per-write", type=float, default=50, help="the mix that the writers keep to")
    parser.add_argument(
        "--intent-seconds",
        type=float,
        help=f"CACHING['INTENT_SECONDS']; default: {INTENT_SECONDS:g}, with --faults pause {PAUSED_INTENT_SECONDS:g}",
    )
    parser.add_argument(
        "--warming",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="whether readers fill their caches besides; without it, each hit that is counted is a read of theirs",
    )
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    return parser


def _refuse_combinations(parser: argparse.ArgumentParser, given: argparse.Namespace) -> None:
    faults = set(given.faults)
    if "postgres" in faults and given.database not in ("embedded", "postgres"):
        parser.error("--faults postgres needs --database embedded: no other server is killed.")
    if "pause" in faults and faults & LEAVING_INTENTS:
        parser.error("--faults pause and a killed writer together are the double fault that INTENT_SECONDS excludes.")
    if "failover" in faults and faults & (NEED_SERVER - {"failover"}):
        parser.error("--faults failover has servers of its own: run flush, restart, cut and slow without it.")


def _again_on_small_disk(parser: argparse.ArgumentParser, arguments: list[str] | None) -> int:
    """Run this command once more, where a folder is a small disk that nobody else sees."""
    with scratch_folder() as folder:
        if not can_mount(folder):
            parser.error("--faults disk mounts a small tmpfs, which this machine does not allow.")
        command = [sys.executable, "-m", "benchmarks.torture", *(sys.argv[1:] if arguments is None else arguments)]
        return subprocess.run(
            on_small_disk(folder, DISK_KILOBYTES, *command), env={**os.environ, DISK: str(folder)}, check=False
        ).returncode


def _faults(names: str) -> tuple[str, ...]:
    found = tuple(dict.fromkeys(name.strip() for name in names.split(",")))
    if unknown := set(found) - set(FAULTS):
        raise argparse.ArgumentTypeError(f"{', '.join(sorted(unknown))}; known are {', '.join(FAULTS)}")
    return found


def _print_table(result: dict[str, Any], forms: dict[str, dict[str, int]], examples: list[str]) -> None:
    print(
        f"\n{result['design']}, generations in {result['store']}, faults: {result['faults'] or 'none'}; "
        f"{result['readers']} readers, {result['writers']} writers, {result['seconds']} s"
    )
    if result["window_s"]:
        print(f"In an outage and until it is over for everybody, a read may be stale by {result['window_s']:g} s.")
    print()
    for name in _SHOWN:
        share = _share(result, name)
        print(f"  {name:<26}{result[name]:>14,}{share}")
    print(f"\n  {'form of the write':<52}{'writes':>9}{'stale reads after it':>22}")
    for name, counts in forms.items():
        if counts["writes"]:
            print(f"  {name:<52}{counts['writes']:>9,}{counts['stale_reads']:>22,}")
    for example in examples[:10]:
        print(f"  ! {example}")


def _share(result: dict[str, Any], name: str) -> str:
    if name in ("served_from_cache", "stale_reads", "stale_in_window", "uncommitted_reads") and result["reads"]:
        return f"{100 * result[name] / result['reads']:>10.4g} %"
    return ""


if __name__ == "__main__":
    sys.exit(main())
