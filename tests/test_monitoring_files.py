"""docs/monitoring: the alerts and the dashboard use only metrics and labels that /metrics really has.

The metrics are read by the official parser, the expressions by promql-parser, a port of the parser of Prometheus.
"""

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

import promql_parser
import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from caching import cache_manager
from caching.monitoring.prometheus import exposition
from caching.monitoring.state import gauges, state

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "monitoring"
OF_THE_SCRAPE = {"job", "instance"}
DURATION = re.compile(r"(?:\d+(?:ms|[smhdwy]))+")
"""As in the documentation of Prometheus."""
OF_A_GROUP = {"name": str, "rules": list, "interval": str, "limit": int, "query_offset": str, "labels": dict}
OF_AN_ALERT = {"alert": str, "expr": str, "for": str, "keep_firing_for": str, "labels": dict, "annotations": dict}
"""The schema of a file of rules: https://prometheus.io/docs/prometheus/latest/configuration/alerting_rules/"""
VALUES_OF_GRAFANA = {"$__rate_interval": "5m", "$cache": "general", "${datasource}": "x"}
USED_IN_TEXTS = re.compile(r"\{\{\s*(?:\$labels\.)?(\w+)\s*\}\}")


def rules() -> list[dict[str, Any]]:
    groups = yaml.safe_load((FOLDER / "alerts.yml").read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


def dashboard() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((FOLDER / "grafana.json").read_text())
    return found


def expressions() -> list[str]:
    panels = [target["expr"] for panel in dashboard()["panels"] for target in panel["targets"]]
    for name, value in VALUES_OF_GRAFANA.items():
        panels = [expression.replace(name, value) for expression in panels]
    return [rule["expr"] for rule in rules()] + panels


def nodes(node: Any) -> Iterator[Any]:
    """Yield an expression and all parts of it."""
    if node is None:
        return
    yield node
    for name in ("lhs", "rhs", "expr", "param", "vector_selector"):
        yield from nodes(getattr(node, name, None))
    for argument in getattr(node, "args", None) or ():
        yield from nodes(argument)


@pytest.fixture
def metrics(settings: Any, tmp_path: Path, db: None) -> dict[str, set[str]]:
    """Return the labels of each sample that /metrics has, by its name."""
    settings.CACHING = {**settings.CACHING, "DIRECTORY": str(tmp_path)}
    cache_manager.get_or_load("general", "id:1", lambda: 1)
    content, _ = exposition(cache_manager.get_stats(all_processes=True), gauges(state()), "")
    found: defaultdict[str, set[str]] = defaultdict(set)
    for family in text_string_to_metric_families(content.decode()):
        for sample in family.samples:
            found[sample.name] |= sample.labels.keys() | OF_THE_SCRAPE
    return found


class ExpressionTests:
    def test_every_metric_and_every_label_exists(self, metrics: dict[str, set[str]]) -> None:
        wrong = []
        for expression in expressions():
            parts = list(nodes(promql_parser.parse(expression)))
            selectors = [part for part in parts if type(part).__name__ == "VectorSelector"]
            assert selectors, expression
            for selector in selectors:
                asked = {matcher.name for matcher in selector.matchers.matchers}
                wrong += [(selector.name, label) for label in asked - metrics.get(selector.name, set())]
                wrong += [] if selector.name in metrics else [(selector.name, "")]
            known = set().union(*(metrics.get(selector.name, set()) for selector in selectors))
            grouped = [part.modifier for part in parts if getattr(part, "modifier", None)]
            wrong += [
                (expression, label)
                for modifier in grouped
                for label in getattr(modifier, "labels", None) or ()
                if label not in known
            ]
        assert wrong == []

    def test_the_dashboard_shows_every_metric(self, metrics: dict[str, set[str]]) -> None:
        text = "\n".join(expressions())
        assert [name for name in metrics if name not in text and not name.endswith("_created")] == []

    def test_what_is_wrong_is_found(self) -> None:
        with pytest.raises(ValueError, match="unclosed left parenthesis"):
            promql_parser.parse("sum(rate(cache_gets_total[5m])")


class AlertTests:
    def test_the_file_has_the_schema_of_rules(self) -> None:
        whole = yaml.safe_load((FOLDER / "alerts.yml").read_text())
        assert whole.keys() == {"groups"}
        for group in whole["groups"]:
            assert all(isinstance(value, OF_A_GROUP[name]) for name, value in group.items())
            assert {"name", "rules"} <= group.keys()
        for rule in rules():
            assert all(isinstance(value, OF_AN_ALERT[name]) for name, value in rule.items()), rule
            assert {"alert", "expr", "labels", "annotations"} <= rule.keys()
            assert re.fullmatch(r"[A-Za-z_]\w*", rule["alert"])
            assert all(DURATION.fullmatch(rule[name]) for name in ("for", "keep_firing_for") if name in rule)
            assert all(isinstance(text, str) for text in (*rule["labels"].values(), *rule["annotations"].values()))
        names = [rule["alert"] for rule in rules()]
        assert len(set(names)) == len(names)

    def test_each_says_what_is_wrong_and_what_to_do(self) -> None:
        for rule in rules():
            assert rule["annotations"].keys() == {"summary", "description"}
            assert rule["labels"]["severity"] in ("critical", "warning", "info")

    def test_a_text_names_only_labels_that_its_alert_has(self) -> None:
        for rule in rules():
            kept = {label for part in nodes(promql_parser.parse(rule["expr"])) for label in _labels_of(part)}
            for text in rule["annotations"].values():
                assert set(re.findall(r"\$labels\.(\w+)", text)) <= kept, rule["alert"]


class DashboardTests:
    def test_every_panel_has_a_place_a_title_and_a_number_of_its_own(self) -> None:
        panels = dashboard()["panels"]
        assert len({panel["id"] for panel in panels}) == len({panel["title"] for panel in panels}) == len(panels)
        places = [panel["gridPos"] for panel in panels]
        assert all(place["x"] + place["w"] <= 24 for place in places)
        for one, other in combinations(places, 2):
            apart = (
                one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"],
                one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"],
            )
            assert any(apart), (one, other)

    def test_every_source_of_data_is_the_one_that_is_chosen(self) -> None:
        for panel in dashboard()["panels"]:
            for holder in (panel, *panel["targets"]):
                assert holder["datasource"] == {"type": "prometheus", "uid": "${datasource}"}
        assert [variable["name"] for variable in dashboard()["templating"]["list"]] == ["datasource", "cache"]

    def test_the_variable_of_the_types_asks_for_a_label_that_exists(self, metrics: dict[str, set[str]]) -> None:
        (variable,) = [one for one in dashboard()["templating"]["list"] if one["name"] == "cache"]
        found = re.fullmatch(r"label_values\((\w+), (\w+)\)", variable["definition"])
        assert found
        assert found[2] in metrics[found[1]]

    def test_a_legend_names_only_labels_that_its_expression_keeps(self) -> None:
        for panel in dashboard()["panels"]:
            for target in panel["targets"]:
                expression = target["expr"].replace("$__rate_interval", "5m")
                kept = {label for part in nodes(promql_parser.parse(expression)) for label in _labels_of(part)}
                assert set(USED_IN_TEXTS.findall(target["legendFormat"])) <= kept


def _labels_of(part: Any) -> set[str]:
    modifier = getattr(part, "modifier", None)
    return set(getattr(modifier, "labels", None) or ())
