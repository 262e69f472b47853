"""Each rule dropped, one at a time, in the scenario that finds out."""

FOUND = {
    "stamp_before_load": "get-and-set",
    "nothing_stored_under_an_intent": "kill",
    "guards_read_again": "get-and-set",
    "guards_read_last": "get-and-set",
    "learned_tags_in_stamp": "own-reads",
    "value_tag_in_stamp": "insert",
    "guard_in_stamp_of_uncovered": "all-rows",
    "any_row_in_stamp_of_keys": "insert",
    "check_on_every_read": "kill",
    "joiner_checks": "threads",
    "dirty_reads_database": "own-reads",
    "dirty_stores_nothing": "rollback",
    "intent_before_commit": "kill",
    "intent_before_autocommit": "kill",
    "end_after_commit": "kill",
    "intent_is_marked": "torn-forward",
    "end_gives_fresh": "late-commit",
    "generations_never_return": "atomic-and-autocommit",
    "end_removes_only_its_own": "atomic-and-autocommit",
    "end_past_deadline_lowers_nothing": "kill",
    "begin_and_end_are_atomic": "two-autocommits",
    "failed_commit_is_left_to_expire": "lost-answer",
    "intents_expire": "kill",
    "guards_expire": "torn-forward",
    "publish_where_readers_look": "file-replaced",
    "snapshot_is_not_stored": "snapshot",
    "row_published": "atomic-and-autocommit",
    "new_value_published": "moving-row",
    "any_row_published": "moving-row",
    "all_rows_in_stamp": "bulk",
    "unknown_rows_publish_all": "bulk-moving-in",
}
"""Rule -> scenario that has a counterexample without it."""

FOUND_IN_PAIRS: dict[tuple[str, ...], str] = {
    ("begin_gives_fresh", "end_gives_fresh"): "atomic-and-autocommit",
    ("begin_gives_fresh", "expired_gives_fresh"): "kill-and-clear-away",
}
"""Rules of which either can stand in for the other, as long as readers see intents and generations in one place."""


def mutations() -> dict[tuple[str, ...], str]:
    """Return the rules that are dropped together -> the scenario that has a counterexample then."""
    return {**{(rule,): scenario for rule, scenario in FOUND.items()}, **FOUND_IN_PAIRS}
