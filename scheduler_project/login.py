"""The form of a login: what no user can have typed is refused before a password is tried or a failure is stored."""

from typing import Any

from django import forms
from django.contrib.admin.forms import AdminAuthenticationForm
from django.core.validators import MaxLengthValidator

MAX_PASSWORD = 4096
"""Characters. A person types fewer, and a hash of two megabytes costs a worker time."""


class LoginForm(AdminAuthenticationForm):
    """Django tells the browser how long a name may be, and takes any length from who does not use one."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, most in (("username", self.username_field.max_length or 254), ("password", MAX_PASSWORD)):
            self._bound(self.fields[name], most)

    @staticmethod
    def _bound(field: forms.Field, most: int) -> None:
        field.validators = [*field.validators, MaxLengthValidator(most)]
