import pytest

from caching import CachingError, InvalidKey, InvalidTTL, NotWatched, Uncacheable, UnknownCacheType


class UnknownCacheTypeTests:
    def test_lists_the_known_types_the_nearest_first(self) -> None:
        error = UnknownCacheType("shfit", ["department", "employee", "schedule", "shift"])
        assert str(error) == "Unknown cache type 'shfit'. Known types: shift, department, employee, schedule."

    def test_lists_each_type_once(self) -> None:
        error = UnknownCacheType("employees", iter(["shift", "employee"]))
        assert str(error) == "Unknown cache type 'employees'. Known types: employee, shift."

    def test_can_name_anything(self) -> None:
        assert str(UnknownCacheType(5, ["shift"])) == "Unknown cache type 5. Known types: shift."


class CachingErrorTests:
    @pytest.mark.parametrize(
        ("error", "builtin"),
        [
            (UnknownCacheType, LookupError),
            (InvalidKey, ValueError),
            (InvalidTTL, ValueError),
            (Uncacheable, TypeError),
        ],
    )
    def test_is_caught_as_one_family_and_as_the_builtin(self, error: type, builtin: type) -> None:
        assert issubclass(error, CachingError)
        assert issubclass(error, builtin)

    def test_not_watched_is_one_of_them(self) -> None:
        assert issubclass(NotWatched, CachingError)


class InvalidTTLTests:
    def test_says_what_to_give(self) -> None:
        assert str(InvalidTTL(-1)) == (
            "-1 is not a time to live. Give a positive number of seconds, or None for the default."
        )
