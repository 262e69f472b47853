"""What the policy finds, and how a form reports it."""

import pytest

from scheduling.policy import (
    Finding,
    Severity,
    as_validation_error,
    warnings,
)

pytestmark = pytest.mark.django_db


class AsValidationErrorTests:
    def finding(self, field: str, severity: Severity = Severity.ERROR) -> Finding:
        return Finding(severity=severity, code="code", assignment=None, message=f"About {field}.", field=field)

    def test_warnings_alone_are_no_error(self) -> None:
        assert as_validation_error([self.finding("date", Severity.WARNING)]) is None
        assert len(warnings([self.finding("date", Severity.WARNING)])) == 1

    def test_each_is_said_beside_its_field(self) -> None:
        error = as_validation_error([self.finding("date"), self.finding("shift")])
        assert error is not None
        assert error.message_dict == {"date": ["About date."], "shift": ["About shift."]}
        assert error.error_dict["date"][0].code == "code"

    def test_a_field_that_a_form_lacks_is_said_of_the_form(self) -> None:
        error = as_validation_error([self.finding("date"), self.finding("schedule")], fields={"date"})
        assert error is not None
        assert error.message_dict == {"date": ["About date."], "__all__": ["About schedule."]}
