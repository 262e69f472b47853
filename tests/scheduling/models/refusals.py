"""What `full_clean()` refuses, by field."""

import pytest
from django.core.exceptions import ValidationError
from django.db import models


def refusal(instance: models.Model) -> dict[str, list[str]]:
    with pytest.raises(ValidationError) as caught:
        instance.full_clean()
    return caught.value.message_dict
