import pytest

from scheduling.imports.engine.references_to import name_of, references_to
from scheduling.models import Department, Employee, Skill
from tests.factories import DepartmentFactory, EmployeeFactory, RuleFactory, SkillFactory

pytestmark = pytest.mark.django_db


class ReferencesToTests:
    def test_finds_what_refers_to_each_row(self) -> None:
        kitchen, bar = DepartmentFactory(), DepartmentFactory()
        below = DepartmentFactory(parent=kitchen)
        amy = EmployeeFactory(department=kitchen)

        found = references_to(Department, [kitchen.pk, bar.pk], "default")

        assert {(name_of(field), pk) for field, pk in found[kitchen.pk]} == {
            ("departments", below.pk),
            ("employees", amy.pk),
        }
        assert bar.pk not in found

    def test_a_skill_is_needed_by_who_has_it(self) -> None:
        skill = SkillFactory()
        EmployeeFactory(skills=[skill])

        found = references_to(Skill, [skill.pk], "default")

        assert [name_of(field) for field, _ in found[skill.pk]] == ["employees"]

    def test_the_skills_of_an_employee_are_part_of_the_employee(self) -> None:
        amy = EmployeeFactory(skills=[SkillFactory()])
        assert not references_to(Employee, [amy.pk], "default")
        RuleFactory(employee=amy)
        assert len(references_to(Employee, [amy.pk], "default")[amy.pk]) == 1

    def test_of_no_rows_is_nothing(self, django_assert_num_queries: "object") -> None:
        with django_assert_num_queries(0):  # type: ignore[operator]
            assert not references_to(Department, [], "default")
