"""The worker of gunicorn: threads that wait for clients, also for those that do not hang up."""

from typing import Any

from gunicorn.workers.gthread import TConn, ThreadWorker


class PatientWorker(ThreadWorker):
    """Closes a connection in the thread that has served it.

    gunicorn closes it in the thread that accepts all others, and waits there for two seconds for a client that does not
    close its end: a few clients that never do would stop the worker.
    """

    def handle(self, conn: TConn) -> Any:
        goes_on = super().handle(conn)
        if goes_on is False:
            conn.close(graceful=True)
            conn.close = _closed
        return goes_on


def _closed(graceful: bool = False) -> None:
    """Do nothing: the connection is closed."""
