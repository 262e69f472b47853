"""Models that are named by their label, before or after they are loaded."""

from collections.abc import Iterator

import pytest
from django.apps import apps

from caching import UnknownModel
from caching.coherence import models_by_label
from caching.coherence.models_by_label import model_named, resolve_waiting, when_loaded
from scheduling.models import Department, Employee


class ModelNamedTests:
    @pytest.mark.parametrize("name", [Employee, "scheduling.Employee", "scheduling.employee"])
    def test_returns_the_model(self, name: type[Employee] | str) -> None:
        assert model_named(name) is Employee

    def test_an_unknown_label_lists_the_nearest_ones(self) -> None:
        with pytest.raises(UnknownModel) as caught:
            model_named("scheduling.Employe")
        assert str(caught.value).startswith("There is no model 'scheduling.Employe'. Did you mean scheduling.Employee")

    @pytest.mark.parametrize("label", ["Employee", "nothing.like.this", ""])
    def test_what_is_no_label_says_what_one_is(self, label: str) -> None:
        with pytest.raises(UnknownModel, match=r"A label has the form \"app_label\.ModelName\"\.|Did you mean"):
            model_named(label)


class WhenLoadedTests:
    def test_calls_at_once_when_all_models_are_loaded(self) -> None:
        found: list[object] = []
        when_loaded("scheduling.Employee", found.append)
        assert found == [Employee]

    def test_raises_at_once_for_an_unknown_label(self) -> None:
        with pytest.raises(UnknownModel):
            when_loaded("scheduling.Employe", print)


class ResolveWaitingTests:
    @pytest.fixture(autouse=True)
    def _before_the_models_are_loaded(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
        monkeypatch.setattr(apps, "models_ready", False)
        unknown = list(models_by_label.unknown)
        yield
        models_by_label.unknown[:] = unknown

    def load_the_models(self) -> None:
        apps.models_ready = True  # type: ignore[assignment]
        resolve_waiting()

    def test_calls_in_the_order_of_the_declarations(self) -> None:
        found: list[object] = []
        when_loaded("scheduling.Employee", found.append)
        when_loaded(Department, found.append)
        assert found == []
        self.load_the_models()
        assert found == [Employee, Department]

    def test_calls_only_once(self) -> None:
        found: list[object] = []
        when_loaded("scheduling.Employee", found.append)
        self.load_the_models()
        self.load_the_models()
        assert found == [Employee]

    def test_keeps_unknown_labels_for_the_system_check_and_goes_on(self) -> None:
        found: list[object] = []
        when_loaded("scheduling.Employe", found.append)
        when_loaded("scheduling.Department", found.append)
        self.load_the_models()
        assert found == [Department]
        assert "There is no model 'scheduling.Employe'." in str(models_by_label.unknown[-1])
