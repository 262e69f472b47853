"""The page of the cache in the admin: its list of samples is the page, and no sample can be changed by hand."""

from functools import partial
from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from ..keys import known_types
from ..models import CacheSample
from ..monitoring.repeated_selects import not_noted
from ..monitoring.sampler import sample_now
from ..monitoring.state import state
from ..monitoring.views import PERMISSION
from ..reading.runtime import caching_disabled
from .actions import ACTIONS, OPTION, Action, what
from .explained import explanation_of
from .figures import DEFAULT_PERIOD, DEFAULT_SORT, PERIODS, SORTS, Figures, state_in_words
from .log import log_of
from .next_to_cache import next_to_cache

if TYPE_CHECKING:
    Base = admin.ModelAdmin[CacheSample]
else:
    Base = admin.ModelAdmin

LOGGED_CHARACTERS = 200
"""The size of ``LogEntry.object_repr``."""


@admin.register(CacheSample)
class CacheSampleAdmin(Base):
    """What the cache does, for users with ``view_cache_stats``; each button has a permission of its own."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm(PERMISSION)

    def get_urls(self) -> list[URLPattern]:
        """Return the page and a confirmation for each action; a sample has no page of its own."""
        view = self.admin_site.admin_view
        return [
            path("", view(require_safe(self.changelist_view)), name="caching_cachesample_changelist"),
            *(
                path(
                    f"{action.name}/",
                    view(require_http_methods(["GET", "HEAD", "POST"])(partial(self._act, action=action))),
                    name=f"caching_cachesample_{action.name}",
                )
                for action in ACTIONS.values()
            ),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Show the page, whose own reads are not counted."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        problems, period, sort = _chosen(request)
        sample_now()
        figures = Figures(period, timezone.now())
        found = state()
        type_name, key = (request.GET.get(name, "").strip() for name in ("explain_type", "explain_key"))
        log_type, log_process = (request.GET.get(name, "") for name in ("log_type", "log_process"))
        context = {
            "opts": self.opts,
            "title": _("What the cache does"),
            "problems": problems,
            "state": state_in_words(found),
            "is_well": found["enabled"] and not found["degraded"] and not found["breaker_open"],
            "period": period,
            "periods": PERIODS,
            "sort": sort,
            "figures": figures,
            "cards": figures.cards(),
            "charts": figures.charts(),
            "columns": [self._column(name, heading, sort) for name, heading in _columns().items()],
            "rows": figures.rows(sort),
            "types": known_types(),
            "log": log_of(figures.publications, log_type, log_process),
            "next": next_to_cache(),
            "log_type": log_type,
            "log_process": log_process,
            "explain_type": type_name,
            "explain_key": key,
            "explanation": explanation_of(type_name, key) if type_name or key else None,
            "actions": [action for action in ACTIONS.values() if request.user.has_perm(action.permission)],
            **(extra_context or {}),
        }
        return self._response(request, "page", context)

    def _column(self, name: str, heading: str, sort: str) -> dict[str, str]:
        # Figures are first sorted by the largest, names by the alphabet.
        first, second = (name, f"-{name}") if name == "type" else (f"-{name}", name)
        directions = {name: "ascending", f"-{name}": "descending"}
        return {
            "heading": heading,
            "next": second if sort == first else first,
            "direction": directions.get(sort, ""),
        }

    def _act(self, request: HttpRequest, action: Action) -> HttpResponse:
        """Ask whether to do it, and do it when that is confirmed."""
        if not (self.has_view_permission(request) and request.user.has_perm(action.permission)):
            raise PermissionDenied
        data = request.POST if request.method == "POST" else request.GET
        type_name = data.get("type", "") if action.of_one else ""
        back = reverse("admin:caching_cachesample_changelist", current_app=self.admin_site.name)
        if type_name and type_name not in known_types():
            allowed = ", ".join(known_types())
            messages.error(
                request,
                _("There is no cache type “%(name)s”, so nothing was done. There are: %(types)s.")
                % {"name": type_name[:50], "types": allowed},
            )
            return HttpResponseRedirect(back)
        may_choose = action.option is not None and request.user.has_perm(action.option_permission)
        if request.method != "POST":
            context = {
                "opts": self.opts,
                "title": action.question,
                "action": action,
                "type": type_name,
                "what": what(type_name),
                "will_happen": action.will_happen(type_name),
                "may_choose": may_choose,
                "back": back,
            }
            return self._response(request, "confirmation", context)
        outcome = action.run(type_name, may_choose and OPTION in data)
        self._log(request, action, type_name, outcome.message)
        messages.add_message(request, messages.SUCCESS if outcome.done else messages.WARNING, outcome.message)
        return HttpResponseRedirect(back)

    def _log(self, request: HttpRequest, action: Action, type_name: str, message: str) -> None:
        LogEntry.objects.create(
            user_id=str(request.user.pk),
            content_type=ContentType.objects.get_for_model(CacheSample),
            object_repr=f"{action.label}: {what(type_name)}"[:LOGGED_CHARACTERS],
            action_flag=CHANGE,
            change_message=message,
        )

    def _response(self, request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
        request.current_app = self.admin_site.name
        # The menu of the admin may read through the cache, which whoever looks at the counts has not asked for.
        with caching_disabled(), not_noted():
            context = {**self.admin_site.each_context(request), **context}
            return TemplateResponse(request, f"caching/admin/{template}.html", context).render()


def _chosen(request: HttpRequest) -> tuple[list[str], str, str]:
    """Return what is wrong with the address, in sentences, and the period and the order to show."""
    problems = []
    period, sort = request.GET.get("period", DEFAULT_PERIOD), request.GET.get("sort", DEFAULT_SORT)
    if period not in PERIODS:
        allowed = {"given": period[:20], "allowed": ", ".join(PERIODS)}
        problems.append(_("There is no period “%(given)s”; this is the last hour. Allowed: %(allowed)s.") % allowed)
        period = DEFAULT_PERIOD
    if sort.removeprefix("-") not in SORTS:
        allowed = {"given": sort[:20], "allowed": ", ".join(SORTS)}
        problems.append(_("There is no column “%(given)s” to sort by. Allowed: %(allowed)s.") % allowed)
        sort = DEFAULT_SORT
    return problems, period, sort


def _columns() -> dict[str, str]:
    """Return the headings of the table by type, in the order of its cells."""
    return {
        "type": _("type"),
        "reads": _("reads"),
        "hit_rate": _("hit rate"),
        "saved": _("time saved"),
        "load": _("load p50 / p95"),
        "invalidated": _("invalidated"),
        "evicted": _("evicted"),
        "errors": _("errors"),
        "held": _("entries of limit"),
        "ttl": _("time to live"),
    }
