"""What every serving process can be asked."""

from pathlib import Path
from typing import Any

import pytest

from caching import cache_manager
from caching.monitoring.invalidation_log import FOLDER_NAME, publications
from caching.monitoring.questions import agent
from tests.processes import forked


class QuestionsTests:
    @pytest.mark.django_db(transaction=True)
    def test_are_answered_by_name(self) -> None:
        cache_manager.set("general", "id:1", 1)
        assert agent.answer({"ask": "who"}) == {"state": "enabled", "entries": 1}
        verified = agent.answer({"ask": "verify", "with": {"types": ["general"], "sample": None, "repair": False}})
        assert verified == {"verified": 0, "changed": 0, "without_lookup": 1, "stale": []}
        assert agent.answer({"ask": "explain", "with": {"type": "general", "key": "id:1"}})["local"]["serves"] is True

    @pytest.mark.parametrize("type_name", ["unknown", "", None])
    def test_an_unknown_type_gets_a_sentence(self, type_name: Any) -> None:
        assert "error" in agent.answer({"ask": "explain", "with": {"type": type_name, "key": "id:1"}})


class LogTests:
    def test_each_publication_is_logged_once_and_a_child_writes_to_a_ring_of_its_own(
        self, settings: Any, tmp_path: Path
    ) -> None:
        settings.CACHING = {**settings.CACHING, "DIRECTORY": str(tmp_path)}
        cache_manager.clear("general")
        with forked() as (is_child, _, _):
            if is_child:
                cache_manager.clear("rule")
        found = publications(tmp_path / FOLDER_NAME)
        assert sorted((one.cause, one.tags) for one in found) == [("clear", ("general",)), ("clear", ("rule",))]
        assert len({one.pid for one in found}) == 2
