"""{% attention_of user as attention %} and {% unread_of user as unread %}, for the admin's own templates."""

from django import template
from django.contrib.auth.models import User
from django.utils import timezone

from scheduling.admin import dashboard

register = template.Library()
register.simple_tag(dashboard.unread_of, name="unread_of")


@register.simple_tag
def attention_of(user: User) -> dashboard.Attention:
    return dashboard.attention_of(user, timezone.localdate())
