import pytest

from scheduling.imports.engine.besides import Besides
from scheduling.imports.kinds.skills import SkillSets
from scheduling.models import Employee, Skill
from tests.factories import EmployeeFactory, SkillFactory

pytestmark = pytest.mark.django_db


def skill_sets(*owners: Employee) -> SkillSets:
    sets = SkillSets(Employee.skills.through, "employee", "default")
    sets.load(owner.pk for owner in owners)
    return sets


def names_of(employee: Employee) -> set[str]:
    return {skill.name for skill in employee.skills.all()}


class DifferTests:
    def test_ignores_case_and_order(self) -> None:
        amy = EmployeeFactory(skills=[SkillFactory(name="Grill"), SkillFactory(name="Wine")])
        assert not skill_sets(amy).differ(amy.pk, ("wine", "GRILL"))

    @pytest.mark.parametrize("skills", [(), ("Wine",), ("Grill", "Wine")])
    def test_sees_what_is_added_or_removed(self, skills: tuple[str, ...]) -> None:
        amy = EmployeeFactory(skills=[SkillFactory(name="Grill")])
        assert skill_sets(amy).differ(amy.pk, skills)

    def test_an_owner_without_skills_differs_from_any(self) -> None:
        amy = EmployeeFactory()
        assert skill_sets(amy).differ(amy.pk, ("Wine",))
        assert not skill_sets(amy).differ(amy.pk, ())


class WriteTests:
    def test_gives_each_owner_exactly_its_skills(self) -> None:
        grill = SkillFactory(name="Grill")
        amy, bob = EmployeeFactory(skills=[grill]), EmployeeFactory(skills=[grill])
        besides = Besides("default")
        skill_sets(amy, bob).write({amy.pk: ("Wine",), bob.pk: ("GRILL", "Wine")}, besides)
        assert besides.created == {Skill: [Skill.objects.get(name="Wine").pk]}
        assert (names_of(amy), names_of(bob)) == ({"Wine"}, {"Grill", "Wine"})

    def test_creates_nothing_if_no_skill_is_named(self) -> None:
        amy = EmployeeFactory(skills=[SkillFactory()])
        skill_sets(amy).write({amy.pk: ()}, Besides("default"))
        assert names_of(amy) == set()
        assert Skill.objects.count() == 1
