"""Notifications: what the reader was notified of, and for those who may see notifications, what everyone was."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from scheduling.admin.shared.archiving import report_count
from scheduling.admin.shared.users import employee_of
from scheduling.fields import key_from
from scheduling.models import Notification


class ReadFilter(admin.SimpleListFilter):
    title = _("read")
    parameter_name = "read"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("no", _("unread")), ("yes", _("read"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Notification]) -> QuerySet[Notification]:
        chosen = self.value()
        return queryset.filter(read_at__isnull=chosen == "no") if chosen in ("no", "yes") else queryset


class RecipientFilter(admin.SimpleListFilter):
    """The reader's own notifications, for those who see everyone's."""

    title = _("recipient")
    parameter_name = "to"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("me", _("Myself"))] if model_admin.sees_all(request) else []

    def queryset(self, request: HttpRequest, queryset: QuerySet[Notification]) -> QuerySet[Notification]:
        return queryset.filter(recipient__user=request.user.pk) if self.value() == "me" else queryset


@admin.register(Notification)
class NotificationAdmin(admin.ModelAdmin):
    """Employees see their own notifications; those who may view notifications see everyone's.

    A notification is never edited. Its recipient marks it as read; those who may change notifications can do so for
    others.
    """

    list_display = ["title", "recipient", "kind", "priority", "created_at", "read_at"]
    list_filter = [RecipientFilter, ReadFilter, "kind"]
    list_select_related = ["recipient"]
    search_fields = ["title", "body", "recipient__last_name", "recipient__first_name", "recipient__email"]
    date_hierarchy = "created_at"
    autocomplete_fields = ["recipient"]
    actions = ["mark_read"]
    change_form_template = "scheduling/notification.html"
    fields = ["recipient", "kind", "priority", "title", "body", "link", "expires_at"]

    # -- who may do what ---------------------------------------------------------------------------------------------

    def has_module_permission(self, request: HttpRequest) -> bool:
        return super().has_module_permission(request) or is_employee(request)

    def has_view_permission(self, request: HttpRequest, obj: Notification | None = None) -> bool:
        return self.sees_all(request) or (is_employee(request) and (obj is None or is_recipient(request, obj)))

    def has_change_permission(self, request: HttpRequest, obj: Notification | None = None) -> bool:
        return False

    def has_mark_read_permission(self, request: HttpRequest, obj: Notification | None = None) -> bool:
        """Whether the user may mark the notification as read; without one, whether there can be one that they may."""
        if self.marks_all(request):
            return True
        return is_employee(request) and (obj is None or is_recipient(request, obj))

    def sees_all(self, request: HttpRequest) -> bool:
        return super().has_view_permission(request)

    def marks_all(self, request: HttpRequest) -> bool:
        return super().has_change_permission(request)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Notification]:
        rows = super().get_queryset(request)
        return rows if self.sees_all(request) else rows.filter(recipient__user=request.user.pk)

    # -- what is shown -----------------------------------------------------------------------------------------------

    def get_list_display(self, request: HttpRequest) -> Any:
        """Leave out the recipient where it is always the reader."""
        return [name for name in self.list_display if name != "recipient" or self.sees_all(request)]

    def get_fields(self, request: HttpRequest, obj: Notification | None = None) -> Any:
        if obj is None:
            return self.fields
        return ["recipient", "kind", "priority", "title", "body", "link_to_page", "created_at", "read_at", "expires_at"]

    def get_readonly_fields(self, request: HttpRequest, obj: Notification | None = None) -> Any:
        return ["link_to_page", "created_at", "read_at"] if obj is not None else []

    @admin.display(description=_("link"))
    def link_to_page(self, notification: Notification) -> str:
        if not notification.link:
            return self.get_empty_value_display()
        return format_html('<a href="{0}">{0}</a>', notification.link)

    # -- reading -----------------------------------------------------------------------------------------------------

    @admin.action(description=_("Mark selected notifications as read"), permissions=["mark_read"])
    def mark_read(self, request: HttpRequest, queryset: QuerySet[Notification]) -> None:
        """Leave those of others unread, unless the user may change notifications."""
        ids = list(queryset.order_by().unread().values_list("pk", flat=True))  # type: ignore[attr-defined]
        rows = Notification.objects.filter(pk__in=ids)
        if not self.marks_all(request):
            rows = rows.filter(recipient__user=request.user.pk)
        count = rows.mark_read(timezone.now())
        text = ngettext("%(count)d notification marked as read.", "%(count)d notifications marked as read.", count)
        report_count(self, request, text, count)

    def get_urls(self) -> list[URLPattern]:
        read = self.admin_site.admin_view(self.read_view)
        return [path("<int:object_id>/read/", read, name="scheduling_notification_mark_read"), *super().get_urls()]

    @method_decorator(require_POST)
    def read_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """Mark one notification as read, from the button on its page."""
        notification = self.get_object(request, str(object_id))
        if notification is None or not self.has_mark_read_permission(request, notification):
            raise PermissionDenied
        self.mark_read(request, Notification.objects.filter(pk=object_id))
        return HttpResponseRedirect(
            reverse("admin:scheduling_notification_changelist", current_app=self.admin_site.name)
        )

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        # The view of the admin, which asks the database, decides whether the page is shown.
        key = key_from(object_id)
        notification = Notification.objects.get_by_id(key) if key is not None else None
        may_mark = notification is not None and not notification.is_read
        may_mark = may_mark and self.has_mark_read_permission(request, notification)
        return super().change_view(request, object_id, form_url, {"may_mark_read": may_mark, **(extra_context or {})})


def is_employee(request: HttpRequest) -> bool:
    return employee_of(request.user) is not None


def is_recipient(request: HttpRequest, notification: Notification) -> bool:
    employee = employee_of(request.user)
    return employee is not None and employee.pk == notification.recipient_id
