import pytest

from scheduling.imports.engine.related_keys import RelatedKeys
from scheduling.models import Employee
from tests.factories import EmployeeFactory, SkillFactory

pytestmark = pytest.mark.django_db


class RelatedKeysTests:
    def test_gives_each_row_exactly_its_keys(self) -> None:
        bar, grill, till = (SkillFactory() for _ in range(3))
        amy, bob, eve = (EmployeeFactory(skills=skills) for skills in ([bar, grill], [], [till]))
        keys = RelatedKeys(Employee._meta.get_field("skills"), "default")  # type: ignore[arg-type]
        assert keys.load([amy.pk, bob.pk]) == {amy.pk: [bar.pk, grill.pk]}

        keys.write({amy.pk: [grill.pk, till.pk], bob.pk: [bar.pk], eve.pk: [till.pk]})

        found = {owner: set(others) for owner, others in keys.load([amy.pk, bob.pk, eve.pk]).items()}
        assert found == {amy.pk: {grill.pk, till.pk}, bob.pk: {bar.pk}, eve.pk: {till.pk}}
        keys.write({amy.pk: []})
        assert amy.pk not in keys.load([amy.pk])
