"""What the cache knows of the columns of a model."""

import pytest

from caching.values.columns import attnames, fingerprint, foreign_keys, is_derived, model_of, signature
from scheduling.models import Department, Employee


class AttnamesTests:
    def test_are_the_attributes_of_the_columns_in_their_order(self) -> None:
        assert list(attnames(Employee)) == [field.attname for field in Employee._meta.concrete_fields]
        assert "department_id" in attnames(Employee)
        assert "department" not in attnames(Employee)
        assert "skills" not in attnames(Employee)


class ForeignKeysTests:
    def test_are_the_names_of_the_keys(self) -> None:
        assert foreign_keys(Employee) >= {"department", "user"}
        assert not foreign_keys(Employee) & {"department_id", "email", "skills"}


class IsDerivedTests:
    @pytest.mark.parametrize(
        ("name", "derived"), [("_state", True), ("_prefetched_objects_cache", True), ("email", False), ("total", False)]
    )
    def test_tells_what_can_be_computed_again(self, name: str, derived: bool) -> None:
        assert is_derived(Employee, name) is derived


class SignatureTests:
    def test_leads_back_to_the_model(self) -> None:
        assert signature(Employee).startswith("scheduling.Employee ")
        assert model_of(signature(Employee)) is Employee

    def test_of_other_fields_is_refused(self) -> None:
        with pytest.raises(ValueError, match=r"scheduling\.Employee had other fields when it was stored"):
            model_of(f"scheduling.Employee {fingerprint(Department)}")

    def test_of_a_model_that_does_not_exist_is_a_lookup_error(self) -> None:
        with pytest.raises(LookupError):
            model_of("scheduling.Nothing 0")


class FingerprintTests:
    def test_differs_between_models(self) -> None:
        assert fingerprint(Employee) != fingerprint(Department)
