import pytest

from scheduling.models import Employee, ScheduleAssignment, Shift
from scheduling.models.querysets.related import rows_related
from tests.factories import ScheduleAssignmentFactory


class RowsRelatedTests:
    @pytest.mark.django_db
    def test_are_all_rows_of_the_other_model_with_its_filters(self) -> None:
        row = ScheduleAssignmentFactory()

        assert rows_related(Shift, "assignments").counting().get() == row
        assert rows_related(Shift, "assignments").model is ScheduleAssignment

    def test_a_field_that_is_no_relation_is_refused(self) -> None:
        with pytest.raises(TypeError, match=r"scheduling\.Employee\.email is not a relation"):
            rows_related(Employee, "email")
