"""What an invalidation is counted and logged as."""

import contextvars
import threading

import pytest

from caching import cache_manager, cause
from caching.coherence.causes import current_cause


class CauseTests:
    def test_names_what_is_invalidated_inside_the_block(self) -> None:
        with cause("import"):
            assert current_cause("save") == "import"
        assert current_cause("save") == "save"

    def test_the_innermost_block_counts(self) -> None:
        with cause("import"):
            with cause("bulk"):
                assert current_cause("save") == "bulk"
            assert current_cause("save") == "import"

    def test_ends_with_an_error(self) -> None:
        with pytest.raises(ZeroDivisionError), cause("import"):
            raise ZeroDivisionError
        assert current_cause("save") == "save"

    def test_is_of_its_own_context(self) -> None:
        found: list[str] = []
        with cause("import"):
            thread = threading.Thread(
                target=contextvars.Context().run, args=(lambda: found.append(current_cause("save")),)
            )
            thread.start()
            thread.join()
        assert found == ["save"]

    def test_is_counted(self) -> None:
        cache_manager.set("general", "id:1", 1)
        with cause("import"):
            cache_manager.delete("general", "id:1")
        invalidations = cache_manager.get_stats()["types"]["general"]["invalidations"]
        assert (invalidations["import"], invalidations["call"]) == (1, 0)
