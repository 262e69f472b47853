"""Invalidation that no statement shows: by hand, and what the signals of Django publish."""

import logging

import pytest
from django.contrib.auth.models import Group
from django.db import connection, transaction
from django.db.models import Value
from django.db.models.expressions import DatabaseDefault

from caching import NotWatched, UnknownModel, cache_manager, cause, invalidate, rows_where
from caching.coherence.invalidation import publish, publish_deleted, publish_related, publish_saved
from caching.coherence.publishing import publisher
from caching.coherence.watcher import watcher_of
from scheduling.models import Employee, Skill
from tests.factories import EmployeeFactory, SkillFactory

pytestmark = pytest.mark.django_db(transaction=True)
ALL, ANY = "scheduling.Employee/*", "scheduling.Employee/+"


class Published(list[tuple[set[str], set[str]]]):
    """What was published: (tags, causes) of each time."""

    @property
    def tags(self) -> set[str]:
        return {tag for tags, _ in self for tag in tags}

    @property
    def causes(self) -> set[str]:
        return {cause for _, causes in self for cause in causes}


@pytest.fixture
def amy() -> Employee:
    return EmployeeFactory(email="amy@example.com", skills=[SkillFactory()])


@pytest.fixture
def published(amy: Employee, monkeypatch: pytest.MonkeyPatch) -> Published:
    found = Published()
    listen = lambda tags, causes, seconds: found.append((set(tags), set(causes)))  # noqa: E731 (taken away by monkeypatch)
    monkeypatch.setattr(publisher, "listeners", [*publisher.listeners, listen])
    watcher_of(connection).published = set()
    return found


class InvalidateTests:
    @pytest.mark.parametrize("model", [Employee, "scheduling.Employee"])
    def test_of_a_model_publishes_all_rows(self, model: type[Employee] | str, published: Published) -> None:
        invalidate(model)
        assert published == [({ALL, ANY}, {"call"})]

    def test_of_a_row_publishes_the_row_and_its_values(self, amy: Employee, published: Published) -> None:
        invalidate(amy)
        assert published.tags >= {ANY, f"scheduling.Employee#{amy.pk}", "scheduling.Employee.email=amy@example.com"}
        assert ALL not in published.tags

    def test_of_a_selection_publishes_its_value(self, published: Published) -> None:
        invalidate(rows_where(Employee, email="Bob@example.com"))
        assert published.tags == {ANY, "scheduling.Employee.email=bob@example.com"}

    def test_is_counted_under_the_cause_around_it(self, published: Published) -> None:
        with cause("import"):
            invalidate(Employee)
        assert published.causes == {"import"}

    def test_inside_a_transaction_is_repeated_at_the_commit(self, published: Published) -> None:
        with transaction.atomic():
            invalidate(Employee)
            assert len(published) == 1
        assert [tags for tags, _ in published] == [{ALL, ANY}] * 2

    def test_of_what_nobody_watches_or_knows_is_refused(self, published: Published) -> None:
        with pytest.raises(NotWatched):
            invalidate(Group)
        with pytest.raises(UnknownModel):
            invalidate("scheduling.Employe")
        assert published == []


class PublishTests:
    def test_drops_at_once_and_logs_the_cause(self, caplog: pytest.LogCaptureFixture) -> None:
        cache_manager.set("general", "id:1", 1)
        with caplog.at_level(logging.INFO, logger="caching"):
            publish({"general/id:1"}, "call")
        assert cache_manager.get("general", "id:1") is None
        assert "Invalidated by call: general/id:1" in caplog.messages


class PublishSavedTests:
    def test_adds_nothing_to_what_the_statement_has_published(self, amy: Employee, published: Published) -> None:
        amy.save()
        assert len(published) == 1

    def test_without_a_statement_publishes_the_row(self, amy: Employee, published: Published) -> None:
        publish_saved(amy, False, connection.alias)
        assert published.tags >= {ANY, f"scheduling.Employee#{amy.pk}", "scheduling.Employee.email=amy@example.com"}
        assert published.causes == {"save"}

    def test_of_a_new_row_leaves_out_its_own_tag(self, amy: Employee, published: Published) -> None:
        publish_saved(amy, True, connection.alias)
        assert f"scheduling.Employee#{amy.pk}" not in published.tags
        assert "scheduling.Employee.email=amy@example.com" in published.tags

    def test_inside_a_transaction_waits_for_its_commit(self, amy: Employee, published: Published) -> None:
        with transaction.atomic():
            publish_saved(amy, False, connection.alias)
            assert published == []
        assert f"scheduling.Employee#{amy.pk}" in published.tags

    def test_whose_key_only_the_database_knows_drops_all_rows(self, amy: Employee, published: Published) -> None:
        amy.pk = DatabaseDefault(Value(1))
        publish_saved(amy, False, connection.alias)
        assert {ALL, ANY} <= published.tags
        published.clear()
        publish_saved(amy, True, connection.alias)
        assert published.tags >= {ANY, "scheduling.Employee.email=amy@example.com"}


class PublishDeletedTests:
    def test_publishes_the_row(self, amy: Employee, published: Published) -> None:
        publish_deleted(amy, connection.alias)
        assert published == [({ANY, f"scheduling.Employee#{amy.pk}"}, {"delete"})]


class PublishRelatedTests:
    def test_publishes_the_rows_at_both_ends(self, amy: Employee, published: Published) -> None:
        publish_related(amy, Skill, {5, 6}, connection.alias)
        assert published.tags == {
            *(ANY, f"scheduling.Employee#{amy.pk}"),
            *("scheduling.Skill/+", "scheduling.Skill#5", "scheduling.Skill#6"),
        }
        assert published.causes == {"m2m"}

    def test_leaves_out_an_end_that_nobody_watches(self, amy: Employee, published: Published) -> None:
        publish_related(amy, Group, {5}, connection.alias)
        assert published.tags == {ANY, f"scheduling.Employee#{amy.pk}"}
