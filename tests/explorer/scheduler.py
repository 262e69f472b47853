"""Runs actors one at a time and tries every schedule with at most N preemptions.

Actors are greenlets: threads that hand over by themselves, a hundred times as fast as those of the kernel. Control
changes hands only in ``step``, which comes before anything that another actor can see is touched. To leave an actor
that could go on is a *preemption*; to go on elsewhere when it waits for the database, asks anew, ends or is killed
costs nothing (M. Musuvathi and S. Qadeer, Iterative Context Bounding, PLDI 2007).

A schedule is explored by running it from the start. Two prefixes that leave every actor with the same observations and
every shared object with the same changes lead to the same future, so the second one is cut off. That is why a step
says what it ``sees`` and ``changes``: an actor's state is a function of what it has seen, an object's of what was done
to it. To name too much costs schedules; to name too little would lose some.
"""

import math
import random
import time
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from greenlet import getcurrent, greenlet

UNBOUNDED = 99
"""As a bound of preemptions: every schedule at all."""


class Abandoned(BaseException):
    """This run of the actor ends here: it was killed, or the schedule was explored before."""


class Violation(AssertionError):
    """What the code under test has promised does not hold."""


@dataclass
class Actor:
    """One thread of a simulated process."""

    name: str
    body: Callable[[], None]
    process: str = ""
    when: Callable[[], bool] | None = None
    """What it waits for before its next step; None: it can go on."""
    index: int = 0
    seen: int = 0
    """A digest of all that it has observed."""
    done: bool = False
    killed: bool = False
    thread: greenlet | None = None
    connection: Any = None
    """What its thread would have as connection to the database."""

    def can_run(self) -> bool:
        return not self.done and not self.killed and (self.when is None or self.when())


@dataclass
class _Choice:
    """One point of a schedule at which somebody else could go on."""

    options: list[int]
    preempts: list[bool]
    spent: int
    at: int = 0


@dataclass
class Outcome:
    """What an exploration has covered, and the first violation with its schedule."""

    schedules: int = 0
    steps: int = 0
    states: int = 0
    complete: bool = True
    """Whether every schedule was explored that the bound allows."""
    violation: BaseException | None = None
    preemptions: int = 0
    trace: list[tuple[str, str]] = field(default_factory=list)

    def explained(self) -> str:
        """Return the violation and the schedule that leads to it, a line per step."""
        lines = [f"{self.violation} ({self.preemptions} preemptions)"]
        lines += [f"  {number:3} {name:9} {step}" for number, (name, step) in enumerate(self.trace, 1)]
        return "\n".join(lines)


class Scheduler:
    """Explores the schedules of actors that a function makes anew for every run."""

    def __init__(self, on_switch: Callable[[Actor], None] = lambda actor: None) -> None:
        self.current: Actor | None = None
        self._on_switch = on_switch

    def explore(
        self,
        prepare: Callable[[], Sequence[Actor]],
        preemptions: int,
        *,
        compares_futures: bool = False,
        until: float = math.inf,
        most_steps: float = math.inf,
        seed: int | None = None,
    ) -> Outcome:
        """Run every schedule with at most that many preemptions; stop at the first violation.

        When ``time.monotonic()`` has reached ``until``, or after ``most_steps``, what is left is not explored. With a
        ``seed``, the schedules come in another order for each, so that it is not always the same ones that are left.

        With ``compares_futures`` nothing is cut off; instead, what follows a state is compared with what followed it
        before. That is the test of what steps say they see and change; a ``seed`` would change what follows.
        """
        self._futures: dict[Hashable, Hashable] | None = {} if compares_futures else None
        self._bound, self._visited = preemptions, {}
        self._random = None if seed is None else random.Random(seed)
        self._path: list[_Choice] = []
        outcome = Outcome()
        while True:
            self._run(prepare())
            self._compare_futures()
            outcome.schedules += 1
            outcome.steps += len(self.trace)
            if self.failure is not None:
                outcome.violation, outcome.trace, outcome.preemptions = self.failure, self.trace, self._spent
                break
            while self._path and self._path[-1].at + 1 == len(self._path[-1].options):
                self._path.pop()
            if not self._path:
                break
            if time.monotonic() >= until or outcome.steps >= most_steps:
                outcome.complete = False
                break
            self._path[-1].at += 1
        outcome.states = len(self._visited)
        return outcome

    # -- what the code under test calls -------------------------------------------------------------------------------

    def step(
        self,
        label: str,
        *,
        sees: Iterable[Hashable] = (),
        changes: Iterable[Hashable] = (),
        when: Callable[[], bool] | None = None,
        waits: bool = False,
    ) -> None:
        """Let others run, then go on with what the label says; with ``when``, not before it is true.

        ``waits`` says that the actor would hand over here by itself, so that it is no preemption.
        """
        me = self.current
        if me is None:
            return
        me.when = when
        self._yield(me, waits)
        me.when = None
        self.trace.append((me.name, label))
        self._note(me, hash((me.seen, label, self._objects.get("world", 0), *map(self._objects.get, sees))))
        for thing in changes:
            self.set_to(thing, hash((self._objects.get(thing), me.seen)))

    def observed(self, value: Hashable) -> None:
        """Add what the running actor has learnt in its step."""
        if self.current is not None:
            self._note(self.current, hash((self.current.seen, value)))

    def forgotten(self, position: Hashable) -> None:
        """Take the running actor to remember nothing but how far it has come."""
        if self.current is not None:
            self._note(self.current, hash((self.current.name, position)))

    def get(self, thing: Hashable) -> int:
        """Return the digest of a shared object."""
        return self._objects.get(thing, 0)

    def set_to(self, thing: Hashable, digest: int) -> None:
        """Say what a shared object has become: equal digests, equal futures."""
        if self.current is not None:
            self._digest ^= hash((thing, self._objects.get(thing, 0))) ^ hash((thing, digest))
            self._objects[thing] = digest

    def kill(self, process: str) -> None:
        """Let no thread of a process take another step."""
        for actor in self._actors:
            if actor.process == process:
                actor.killed = True

    def others_have_ended(self) -> bool:
        return all(actor.done or actor.killed for actor in self._actors[:-1])

    # -- one run ------------------------------------------------------------------------------------------------------

    def _run(self, actors: Sequence[Actor]) -> None:
        self._actors, self.trace, self._hub = actors, [], getcurrent()
        self._objects: dict[Hashable, int] = {}
        self._digest = 0
        self._position = self._spent = 0
        self._unwinding, self.failure = False, None
        self._reached: list[tuple[Hashable, int]] = []
        for index, actor in enumerate(actors):
            actor.index = index
            actor.thread = greenlet(partial(self._live, actor), self._hub)
            self._note(actor, hash(actor.name))
        self._next = self._choose(None)
        while self._next is not None:
            self._enter(self._next)
            if self._next is self.current and self.current.done:
                self._next = self._choose(None) if self.failure is None else None
        self._unwinding, self._last_digest = True, self._digest
        for actor in actors:
            # One that has not started has nothing to unwind.
            if not actor.done and actor.thread:
                self._enter(actor, Abandoned)
        self.current = None

    def _enter(self, actor: Actor, error: type[BaseException] | None = None) -> None:
        self.current = actor
        self._on_switch(actor)
        assert actor.thread is not None
        if error is None:
            actor.thread.switch()
        else:
            actor.thread.throw(error)
            actor.done = True

    def _live(self, actor: Actor) -> None:
        try:
            actor.body()
        except Abandoned:
            pass
        except BaseException as error:  # noqa: BLE001 (the exploration reports it, with its schedule)
            self.failure = self.failure if self._unwinding else error
        actor.done = True
        self.forgotten("the end")

    def _yield(self, me: Actor, waits: bool) -> None:
        """Let whoever is chosen go on, and return when that is this actor again."""
        if self._unwinding or me.killed:
            raise Abandoned
        if waits or self._bound >= UNBOUNDED:
            # To have come here is progress: without it the state before would be taken for this one.
            self.observed("waits")
        self._next = self._choose(me if me.can_run() and not waits and self._bound < UNBOUNDED else None)
        if self._next is not me:
            self._hub.switch()

    def _choose(self, me: Actor | None) -> Actor | None:
        """Return who goes on: by the path that is being explored, beyond it whoever comes first. None: nobody."""
        able = [actor.index for actor in self._actors if actor.can_run()]
        if not able:
            waiting = [actor.name for actor in self._actors if not actor.done and not actor.killed]
            if waiting and not self.failure:
                self.failure = Violation(f"Deadlock: {', '.join(waiting)} wait for each other.")
            return None
        if len(able) == 1 and (me is not None or self._position < len(self._path)):
            return self._actors[able[0]]
        if self._position == len(self._path):
            if self._is_known(me):
                return None
            if len(able) == 1:
                return self._actors[able[0]]
            self._path.append(self._options(me, able))
        choice = self._path[self._position]
        self._position += 1
        chosen = choice.options[choice.at]
        if chosen not in able:
            raise RuntimeError(f"The run is not deterministic: {self._actors[chosen].name} cannot go on.")
        self._spent = choice.spent + choice.preempts[choice.at]
        return self._actors[chosen]

    def _options(self, me: Actor | None, able: list[int]) -> _Choice:
        if me is None:
            options = able
        else:
            others = [index for index in able if index != me.index] if self._spent < self._bound else []
            options = [me.index, *others]
        if self._random is not None:
            self._random.shuffle(options)
        return _Choice(options, [me is not None and index != me.index for index in options], self._spent)

    def _is_known(self, me: Actor | None) -> bool:
        """Whether this state was reached before with as many preemptions left; remember it."""
        state, left = (self._digest, me.index if me else -1), self._bound - self._spent
        if self._futures is not None:
            self._reached.append((state, len(self.trace)))
        elif self._visited.get(state, -1) >= left:
            return True
        self._visited[state] = left
        return False

    def _compare_futures(self) -> None:
        for state, position in self._reached if self._futures is not None else ():
            future = tuple(self.trace[position:]), self._last_digest
            if self._futures.setdefault(state, future) != future:
                raise RuntimeError(f"Two futures of one state: {future} and {self._futures[state]}")

    def _note(self, actor: Actor, seen: int) -> None:
        self._digest ^= hash((actor.index, actor.seen)) ^ hash((actor.index, seen))
        actor.seen = seen


class Lock:
    """A lock that a waiting actor does not hold the processor for, and that a killed one loses."""

    def __init__(self, scheduler: Scheduler) -> None:
        self._scheduler = scheduler
        self._holder: Actor | None = None

    def __enter__(self) -> None:
        if not self._is_free():
            self._scheduler.step("waits for a lock", when=self._is_free)
        self._holder = self._scheduler.current

    def __exit__(self, *exc_info: object) -> None:
        if self.is_mine():
            self._holder = None

    def is_mine(self) -> bool:
        return self._holder is self._scheduler.current

    def _is_free(self) -> bool:
        return self._holder is None or self._holder.killed


class Event:
    """A ``threading.Event`` whose waiting actors can be chosen again once it is set."""

    def __init__(self, scheduler: Scheduler) -> None:
        self._scheduler = scheduler
        self._set = False

    def set(self) -> None:
        self._set = True

    def wait(self, timeout: float) -> None:
        self._scheduler.step("waits for the load of another thread", when=lambda: self._set)
