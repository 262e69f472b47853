import gc
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from scheduling.imports.engine.gc_pause import gc_paused


@pytest.fixture(autouse=True)
def _enabled() -> Iterator[None]:
    gc.enable()
    yield
    gc.enable()


class CollectorPausedTests:
    def test_pauses_and_goes_on(self) -> None:
        with gc_paused():
            assert not gc.isenabled()
        assert gc.isenabled()

    def test_goes_on_after_an_error(self) -> None:
        with pytest.raises(ValueError, match="wrong"), gc_paused():
            raise ValueError("wrong")
        assert gc.isenabled()

    def test_goes_on_when_the_last_of_several_has_ended(self) -> None:
        inside, one_left = Barrier(2), Barrier(2)

        def first() -> None:
            with gc_paused():
                inside.wait(10)
            one_left.wait(10)

        def second() -> bool:
            with gc_paused():
                inside.wait(10)
                one_left.wait(10)
                return gc.isenabled()

        with ThreadPoolExecutor(2) as threads:
            left, stayed = threads.submit(first), threads.submit(second)
        left.result()
        assert stayed.result() is False
        assert gc.isenabled()

    def test_leaves_one_alone_that_is_switched_off(self) -> None:
        gc.disable()
        with gc_paused():
            pass
        assert not gc.isenabled()
