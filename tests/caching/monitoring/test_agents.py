"""Asking every serving process of the host."""

import os
import signal
from pathlib import Path

import pytest

from caching.monitoring.agents import FOLDER_NAME, Agent, ask_all
from tests.processes import Child

pytestmark = pytest.mark.django_db(transaction=True)
SERVE = "from django.core.signals import request_started; request_started.send(None, environ={})"


class AskAllTests:
    def test_every_serving_process_answers(self, tmp_path: Path) -> None:
        serving, idle = Child(tmp_path), Child(tmp_path)
        try:
            idle.run("1")
            serving.run(SERVE)
            (reply,) = ask_all(tmp_path, "who")
            assert reply.pid == serving.pid
            assert reply.answer is not None
            assert reply.answer["state"] == "enabled"
        finally:
            serving.stop()
            idle.stop()

    def test_one_that_was_killed_is_forgotten(self, tmp_path: Path) -> None:
        serving = Child(tmp_path)
        serving.run(SERVE)
        os.kill(serving.pid, signal.SIGKILL)
        serving.wait()
        assert ask_all(tmp_path, "who") == []
        assert list((tmp_path / FOLDER_NAME).iterdir()) == []
        serving.stop()

    def test_only_the_same_user_may_connect(self, tmp_path: Path) -> None:
        serving = Child(tmp_path)
        try:
            serving.run(SERVE)
            (path,) = (tmp_path / FOLDER_NAME).iterdir()
            assert path.stat().st_mode & 0o077 == 0
            assert path.parent.stat().st_mode & 0o077 == 0
        finally:
            serving.stop()

    def test_nobody_can_be_asked_without_a_directory(self) -> None:
        assert ask_all(None, "who") == []

    def test_nobody_serves(self, tmp_path: Path) -> None:
        assert ask_all(tmp_path, "who") == []


class AgentTests:
    @pytest.mark.parametrize("question", [None, 1, "who", [], {}, {"ask": "unknown"}, {"ask": "who", "with": {"x": 1}}])
    def test_what_is_no_question_gets_a_sentence(self, question: object) -> None:
        assert "error" in Agent({"who": lambda: {}}).answer(question)

    def test_a_test_starts_none(self) -> None:
        agent = Agent({})
        agent.start()
        assert agent._socket is None
