import pytest

from scheduling.imports.kinds import KINDS


class ImportKindTests:
    def test_a_column_is_stored_in_the_attribute_of_its_field(self) -> None:
        kind = KINDS["employees"].kind
        assert kind.attname("email") == "email"
        assert kind.attname("department_code") == "department_id"

    def test_a_name_that_is_no_column_is_that_of_a_field(self) -> None:
        assert KINDS["assignments"].kind.attname("schedule") == "schedule_id"

    def test_some_columns_have_no_field(self) -> None:
        kind = KINDS["employees"].kind
        fields = {column.name: kind.field_of(column) for column in kind.columns}
        assert fields["skills"] is None
        assert fields["role"] == kind.model._meta.get_field("role")

    @pytest.mark.parametrize("name", KINDS)
    def test_columns_that_identify_a_row_are_columns_of_the_kind(self, name: str) -> None:
        kind = KINDS[name].kind
        assert {*kind.key, *kind.required_for_new} <= {column.name for column in kind.columns}
        assert {*kind.values_for_new} <= {field.attname for field in kind.model._meta.concrete_fields}
