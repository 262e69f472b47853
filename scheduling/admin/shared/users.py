"""Who is logged in: the user's key, and the employee behind the user."""

from __future__ import annotations

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest

from scheduling.models import Employee


def user_id(request: HttpRequest) -> int:
    """Return the primary key of the user. Every page of the admin has one."""
    return int(request.user.pk or 0)


def employee_of(user: AbstractBaseUser | AnonymousUser) -> Employee | None:
    """Return the employee who logs in as this user, by a cached read; None if the user is not an employee."""
    return Employee.objects.get_by_user(user.pk) if user.pk else None
