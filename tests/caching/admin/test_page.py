"""The page of the cache in the admin: who sees it, what it costs, what its buttons do."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django.fixtures import Settings

from caching import cache_manager
from caching.admin.figures import SORTS
from caching.admin.page import _columns
from caching.models import CacheSample
from caching.monitoring.history import PERIODS
from scheduling.models import Employee
from tests.caching.admin.conftest import PAGE, read_something, samples
from tests.factories import EmployeeFactory

pytestmark = pytest.mark.django_db
MAX_QUERIES = 12
ACTS = {"clear": "clear_cache", "warm": "warm_cache", "verify": "warm_cache", "reset": "clear_cache"}


def words(response: Any) -> str:
    return " ".join(response.text.split())


def messages_after(client: Client, name: str, **data: str) -> list[str]:
    return [str(message) for message in client.post(f"{PAGE}{name}/", data, follow=True).context["messages"]]


class AccessTests:
    def test_needs_the_permission_to_view(self, client_of: Callable[..., Client]) -> None:
        assert client_of("clear_cache", "warm_cache").get(PAGE).status_code == 403
        assert client_of("view_cache_stats", name="ben").get(PAGE).status_code == 200
        assert Client().get(PAGE).status_code == 302

    def test_stands_in_the_index_under_cache(self, client_of: Callable[..., Client]) -> None:
        page = words(client_of("view_cache_stats").get("/admin/caching/"))
        assert f'<a href="{PAGE}">Cache statistics</a>' in page
        assert "Cache administration" in page

    def test_a_sample_cannot_be_added_changed_or_deleted(self, admin_client: Client) -> None:
        for path in ("add/", "1/change/", "1/delete/", "1/history/"):
            assert admin_client.get(PAGE + path).status_code == 404
        assert admin_client.post(PAGE, {"action": "delete_selected"}).status_code == 405

    @pytest.mark.parametrize(("name", "permission"), ACTS.items())
    def test_a_button_needs_its_permission(self, name: str, permission: str, client_of: Callable[..., Client]) -> None:
        others = {"view_cache_stats", *ACTS.values()} - {permission}
        without, alone = client_of(*others), client_of(permission, name="ben")
        may = client_of("view_cache_stats", permission, name="cleo")
        assert f'href="{name}/"' not in without.get(PAGE).text
        assert f'href="{name}/"' in may.get(PAGE).text
        for client in (without, alone):
            assert {client.get(f"{PAGE}{name}/").status_code, client.post(f"{PAGE}{name}/").status_code} == {403}
        assert not LogEntry.objects.exists()

    def test_a_button_needs_the_token_of_the_form(self, may_do_all: Client) -> None:
        strict = Client(enforce_csrf_checks=True)
        strict.cookies = may_do_all.cookies
        for name in ACTS:
            assert strict.post(f"{PAGE}{name}/").status_code == 403


class ShowTests:
    def test_before_the_first_read_it_says_so(self, admin_client: Client) -> None:
        page = words(admin_client.get(PAGE))
        assert '<dt>Hit rate</dt> <dd class="cache-value">no reads yet</dd>' in page
        assert "Nothing was counted in this period yet." in page
        assert "nan" not in page.lower().replace("finance", "")

    @pytest.mark.django_db(transaction=True)
    def test_shows_what_was_read_up_to_now(self, admin_client: Client) -> None:
        read_something(5)
        page = words(admin_client.get(PAGE))
        assert '<dd class="cache-value">80.0 %</dd>' in page
        assert "above the target of 70 %; no figures of the period before" in page
        assert '<dt>Reads</dt> <dd class="cache-value">5</dd>' in page
        assert page.count("<svg viewBox") == 3

    @pytest.mark.django_db(transaction=True)
    def test_its_own_reads_are_not_counted(self, may_do_all: Client) -> None:
        """Those of the menu neither: for a user who is no superuser, the notifications ask for their employee."""
        read_something(5)
        before = cache_manager.get_stats(all_processes=True)
        for path in ("", "?period=30d", "?explain_type=employee&explain_key=id:5", *(f"{name}/" for name in ACTS)):
            assert may_do_all.get(PAGE + path).status_code == 200
        after = cache_manager.get_stats(all_processes=True)
        for counter in ("hits", "misses", "bypasses", "loads", "load_times", "refusals"):
            assert after[counter] == before[counter]

    def test_has_no_script_and_no_inline_style_of_its_own(self, admin_client: Client) -> None:
        page = admin_client.get(PAGE).text
        content = page[page.index('id="content-main"') :]
        assert " style=" not in content
        assert "<style" not in content
        assert " onclick" not in content

    @pytest.mark.parametrize("enabled", [True, False])
    def test_says_in_words_whether_it_is_on(self, enabled: bool, admin_client: Client, settings: Settings) -> None:
        settings.CACHING = {**settings.CACHING, "ENABLED": enabled}
        page = words(admin_client.get(PAGE))
        assert ("The cache is switched on and serves." in page) == enabled
        assert ("The cache is switched off by the settings" in page) == (not enabled)

    @pytest.mark.parametrize("period", PERIODS)
    def test_offers_each_period_by_a_link(self, period: str, admin_client: Client) -> None:
        page = admin_client.get(PAGE, {"period": period, "sort": "type"}).text
        assert f'<a href="?period={period}&amp;sort=type" aria-current="true">' in page

    def test_a_wrong_period_or_column_gets_a_sentence(self, admin_client: Client) -> None:
        page = words(admin_client.get(PAGE, {"period": "<1y>", "sort": "colour"}))
        assert "There is no period “&lt;1y&gt;”; this is the last hour. Allowed: 15m, 1h, 6h, 24h, 7d, 30d." in page
        assert "There is no column “colour” to sort by. Allowed: type, reads," in page

    def test_every_column_can_be_sorted(self, admin_client: Client) -> None:
        assert list(_columns()) == list(SORTS)
        page = words(admin_client.get(PAGE, {"sort": "type"}))
        assert '<th scope="col" aria-sort="ascending"><a href="?sort=-type#cache-types">type' in page
        names = [row.name for row in admin_client.get(PAGE, {"sort": "-type"}).context["rows"]]
        assert names == sorted(names, reverse=True)

    def test_filters_the_log_and_masks_values(self, admin_client: Client) -> None:
        cache_manager.delete("employee", "email:amy@example.com")
        cache_manager.delete("rule", "id:5")
        page = admin_client.get(PAGE, {"log_type": "employee"})
        assert [line.tags for line in page.context["log"].lines] == ["employee/email:…"]
        assert "amy@example.com" not in page.text
        assert admin_client.get(PAGE, {"log_process": "1"}).context["log"].found == 0

    @pytest.mark.django_db(transaction=True)
    def test_explains_a_key(self, admin_client: Client) -> None:
        employee = EmployeeFactory()
        Employee.objects.get_by_id(employee.pk)
        page = words(admin_client.get(PAGE, {"explain_type": "employee", "explain_key": f"id:{employee.pk}"}))
        assert "more and would serve it, equal to the database." in page
        page = words(admin_client.get(PAGE, {"explain_type": "employee", "explain_key": "<b>"}))
        assert "“&lt;b&gt;” is not a key. Write kind:value" in page


class CostTests:
    @pytest.mark.django_db(transaction=True)
    def test_thirty_days_of_two_hosts_and_25_kinds_take_few_queries(self, admin_client: Client) -> None:
        samples(
            timezone.now(), hosts=2, kinds=25, hits_local=90, misses=10, loads=10, load_ns=10**7, loads_within_1024us=10
        )
        admin_client.get(PAGE)
        for period in PERIODS:
            with CaptureQueriesContext(connection) as queries:
                page = admin_client.get(PAGE, {"period": period})
            assert len(queries) <= MAX_QUERIES, [query["sql"][:100] for query in queries]
            assert '<dd class="cache-value">90.0 %</dd>' in words(page)


@pytest.mark.django_db(transaction=True)
class ButtonTests:
    @pytest.mark.parametrize("name", ACTS)
    def test_asks_first_and_does_nothing_by_a_link(self, name: str, may_do_all: Client) -> None:
        read_something()
        page = words(may_do_all.get(f"{PAGE}{name}/"))
        assert '<form method="post" action="./">' in page
        assert "No, take me back" in page
        assert cache_manager.get_stats()["cache_sizes"]["general"] == 1
        assert cache_manager.get_stats()["hits"] == 4
        assert not LogEntry.objects.exists()

    def test_clear_drops_one_type_or_all(self, may_do_all: Client) -> None:
        employee = EmployeeFactory()
        Employee.objects.get_by_id(employee.pk)
        read_something()
        assert "All processes drop employee: now 1 entry on this host." in words(
            may_do_all.get(f"{PAGE}clear/?type=employee")
        )
        (message,) = messages_after(may_do_all, "clear", type="employee")
        assert message == (
            "Cleared employee: every process loads anew. All processes of this host together held 1 entry."
        )
        sizes = cache_manager.get_stats()["cache_sizes"]
        assert (sizes["employee"], sizes["general"]) == (0, 1)
        (message,) = messages_after(may_do_all, "clear")
        assert "Cleared every cache type" in message
        assert cache_manager.get_stats()["cache_sizes"]["general"] == 0

    def test_clear_warms_afterwards_if_that_is_chosen(self, may_do_all: Client, django_assert_num_queries: Any) -> None:
        employee = EmployeeFactory()
        Employee.objects.get_by_id(employee.pk)
        assert "Then load what is worth it" in may_do_all.get(f"{PAGE}clear/?type=employee").text
        (message,) = messages_after(may_do_all, "clear", type="employee", option="on")
        assert message.startswith("Cleared employee: every process loads anew.")
        assert "Warmed employee: loaded " in message
        with django_assert_num_queries(0):
            Employee.objects.get_by_id(employee.pk)

    def test_only_who_may_warm_may_warm_after_clearing(self, client_of: Callable[..., Client]) -> None:
        client, employee = client_of("view_cache_stats", "clear_cache"), EmployeeFactory()
        assert "Then load what is worth it" not in client.get(f"{PAGE}clear/?type=employee").text
        (message,) = messages_after(client, "clear", type="employee", option="on")
        assert "Warmed" not in message
        assert employee.pk
        assert cache_manager.get_stats()["cache_sizes"]["employee"] == 0

    def test_warm_loads_the_newest_rows(self, may_do_all: Client, django_assert_num_queries: Any) -> None:
        employee = EmployeeFactory()
        (message,) = messages_after(may_do_all, "warm", type="employee")
        assert message.startswith("Warmed employee: loaded ")
        with django_assert_num_queries(0):
            Employee.objects.get_by_id(employee.pk)
        assert messages_after(may_do_all, "warm", type="general") == [
            "Nothing was loaded: general has no look-up that could be asked for its rows."
        ]

    def test_verify_finds_names_and_drops_what_is_stale(self, may_do_all: Client) -> None:
        employee = EmployeeFactory(email="amy@example.com")
        Employee.objects.get_by_email(employee.email)
        connection.ensure_connection()
        connection.connection.execute("UPDATE scheduling_employee SET first_name = 'Eve'")
        connection.connection.commit()
        (message,) = messages_after(may_do_all, "verify")
        assert "STALE, somebody has written past Django: 1, namely employee email:amy@example.com (process" in message
        assert "verify again and drop them" in message
        (message,) = messages_after(may_do_all, "verify", option="on")
        assert "They were dropped." in message
        assert Employee.objects.get_by_email(employee.email).first_name == "Eve"  # type: ignore[union-attr]
        (message,) = messages_after(may_do_all, "verify")
        assert message.startswith(
            "Compared 1 entry of 1 process with the database. None is stale: below 300.00 % at 95 %."
        )

    def test_only_who_may_clear_may_drop_what_differs(self, client_of: Callable[..., Client]) -> None:
        client = client_of("view_cache_stats", "warm_cache")
        assert "Drop what differs" not in client.get(f"{PAGE}verify/").text
        employee = EmployeeFactory()
        Employee.objects.get_by_email(employee.email)
        connection.ensure_connection()
        connection.connection.execute("UPDATE scheduling_employee SET first_name = 'Eve'")
        connection.connection.commit()
        (message,) = messages_after(client, "verify", option="on")
        assert "They are still held" in message
        assert Employee.objects.get_by_email(employee.email).first_name != "Eve"  # type: ignore[union-attr]

    def test_reset_begins_at_zero(self, may_do_all: Client) -> None:
        read_something(5)
        may_do_all.get(PAGE)
        assert CacheSample.objects.filter(seconds=60).exists()
        assert messages_after(may_do_all, "reset") == [
            "Reset: counting begins at zero. 5 reads had been counted on this host."
        ]
        assert cache_manager.get_stats(all_processes=True)["total_requests"] == 0
        read_something(3)
        assert '<dt>Reads</dt> <dd class="cache-value">3</dd>' in words(may_do_all.get(PAGE))

    def test_leaves_who_did_what_in_the_log(self, may_do_all: Client) -> None:
        may_do_all.post(f"{PAGE}clear/", {"type": "employee"})
        (entry,) = LogEntry.objects.all()
        assert (entry.user.username, entry.object_repr) == ("boss", "Clear: employee")
        assert "Cleared employee" in entry.get_change_message()
        assert "Clear: employee" in may_do_all.get("/admin/").text

    def test_an_unknown_type_gets_a_sentence_and_nothing_is_done(self, may_do_all: Client) -> None:
        read_something()
        (message,) = messages_after(may_do_all, "clear", type="emploee")
        assert message.startswith("There is no cache type “emploee”, so nothing was done. There are: department, ")
        assert cache_manager.get_stats()["cache_sizes"]["general"] == 1
