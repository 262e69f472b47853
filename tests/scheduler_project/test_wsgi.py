from tests.scheduler_project.starting import start


class ApplicationTests:
    def test_is_what_a_server_calls(self) -> None:
        code = "from scheduler_project.wsgi import application; print(type(application).__name__)"
        done = start(code=code, SECRET_KEY="of a test")
        assert done.stdout == "Queued\n", done.stderr
