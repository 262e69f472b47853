"""Fields behind permissions of their own, beside those of the whole row: `view_phone` and `change_phone`.

A model names them in `guarded_fields`, and lists their permissions in its `Meta`.
"""

from __future__ import annotations

from collections.abc import Callable

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser, User
from django.db import models

AnyUser = AbstractBaseUser | AnonymousUser | User


def guarded_fields(model: type[models.Model]) -> frozenset[str]:
    return frozenset(getattr(model, "guarded_fields", ()))


def hidden_from(user: AnyUser, model: type[models.Model]) -> frozenset[str]:
    """Return the guarded fields that the user may not see. Users who may change a field may see it."""
    return frozenset(name for name in closed_to(user, model) if not _may(user, "view", model, name))


def closed_to(user: AnyUser, model: type[models.Model]) -> frozenset[str]:
    """Return the guarded fields that the user may not change."""
    return frozenset(name for name in guarded_fields(model) if not _may(user, "change", model, name))


def may(user: AnyUser, *verbs: str) -> Callable[[type[models.Model]], bool]:
    """Return the function that says whether the user may do one of these with rows of a model: "add", "view"."""
    return lambda model: any(_may(user, verb, model, str(model._meta.model_name)) for verb in verbs)


def _may(user: AnyUser, verb: str, model: type[models.Model], field: str) -> bool:
    return user.has_perm(f"{model._meta.app_label}.{verb}_{field}")  # type: ignore[union-attr]
