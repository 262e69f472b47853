"""The rules of docs/coherence.md, each as a switch. A mutation drops one, and the search must find out."""

from dataclasses import dataclass, fields, replace


@dataclass(frozen=True)
class Rules:
    """Which rules are kept; the number is the rule's in docs/coherence.md."""

    stamp_before_load: bool = True
    """1: the generations of the known tags are read before the load."""
    nothing_stored_under_an_intent: bool = True
    """1: a tag with a live intent has no generation, so nothing is stamped with it."""
    guards_read_again: bool = True
    """1: the guards must be what they were before the load."""
    guards_read_last: bool = True
    """1: they are read again after the learned tags, not before."""
    learned_tags_in_stamp: bool = True
    """1: the rows that a value contains are in its stamp."""
    value_tag_in_stamp: bool = True
    """1: the value that a list is selected by is in its stamp."""
    guard_in_stamp_of_uncovered: bool = True
    """1: where no value tag covers the selection, "any row" is in the stamp."""
    any_row_in_stamp_of_keys: bool = True
    """1: a look-up by primary key depends on any row, since an insert does not know its key."""
    check_on_every_read: bool = True
    """2: an entry is served only while its stamp holds."""
    joiner_checks: bool = True
    """2: whoever has waited for another one's load checks the stamp too."""
    dirty_reads_database: bool = True
    """3: under its own dirty tags a transaction reads the database."""
    dirty_stores_nothing: bool = True
    """3: a transaction that has written stores nothing."""
    intent_before_commit: bool = True
    """4: begin comes before COMMIT."""
    intent_before_autocommit: bool = True
    """4: in autocommit, where the statement is the COMMIT, begin comes before the statement."""
    end_after_commit: bool = True
    """4: end comes after COMMIT."""
    intent_is_marked: bool = True
    """4: begin marks the tags as pending; a fresh generation alone is not enough."""
    begin_gives_fresh: bool = True
    """5: begin gives a fresh generation."""
    end_gives_fresh: bool = True
    """5: end gives a fresh generation, also when its intent has expired."""
    generations_never_return: bool = True
    """5: a generation is never restored (here: by the end of an intent)."""
    end_removes_only_its_own: bool = True
    """5: a tag stays pending while another intent is live."""
    end_past_deadline_lowers_nothing: bool = True
    """5: somebody past its own deadline has been counted out already."""
    begin_and_end_are_atomic: bool = True
    """5: nobody else begins or ends between reading a count and writing it."""
    failed_commit_is_left_to_expire: bool = True
    """5: after a failed COMMIT the outcome is unknown, so its intent is not ended."""
    intents_expire: bool = True
    """6: a killed writer blocks nobody for long."""
    guards_expire: bool = True
    """6: that holds for the guards, too."""
    expired_gives_fresh: bool = True
    """6: an expired intent counts as a generation never used before."""
    publish_where_readers_look: bool = True
    """7: begin and end look whether the file at the path is still the one that is mapped."""
    snapshot_is_not_stored: bool = True
    """8: what was read from an older snapshot is not stored."""
    row_published: bool = True
    """9: a write publishes the row."""
    new_value_published: bool = True
    """9: a write publishes the new values of the watched fields."""
    any_row_published: bool = True
    """9: a write publishes "any row", the guard of every load."""
    all_rows_in_stamp: bool = True
    """9: what unknown rows are published by is in every stamp."""
    unknown_rows_publish_all: bool = True
    """9: rows that a SELECT finds are not the rows that the UPDATE hits: "all rows" is published."""

    def without(self, *names: str) -> "Rules":
        """Return these rules without some."""
        return replace(self, **dict.fromkeys(names, False))


ALL = Rules()
NAMES = tuple(field.name for field in fields(Rules))
