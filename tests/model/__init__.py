"""A small model of the coherence protocol, explored exhaustively: every interleaving, no bound on preemptions.

rules       the rules of docs/coherence.md as switches, so that each can be dropped to see what it is for
database    committed rows, statements, queries, and the tags of both
store       the slots of generations and intents
world       one state of everything, and its canonical form
protocol    what an actor does: the order of its steps, as the rules want it
reading     the steps of a read
writing     the steps of a write, and what may befall a writer
vocabulary  words to write scenarios with
scenarios   who reads and writes what
search      breadth-first search over all states; counterexamples as readable traces
mutations   which scenario finds out that a rule was dropped
mirror      a model of its own: the view that a process has of a Redis, with pushes on their way and outages

Run it in full with ``python -m tests.model``.

How it maps to the code: whoever changes one of these functions changes the model too.

| model | code |
|---|---|
| ``database.Query.known, guards`` | ``lookups._RowsByField.dependencies``, ``manager._dependencies`` |
| ``database.Query.learned`` | ``manager._learned`` |
| ``database.Statement.tags`` | ``invalidation._exact_tags``, ``_unknown_rows``, ``tags_of_row`` |
| ``store.begin, end, publish, expire`` | ``begin, end, publish, _expire_intents`` of ``SharedMemoryGenerations`` |
| step ``find`` | ``entries.Kind.find``, ``manager.find_many`` |
| steps ``guards``, ``known`` | ``manager.leases`` |
| steps ``load``, ``learn``, ``recheck``, ``put`` | ``manager.load_through``, ``_learned``, ``store``, ``Kind.put`` |
| ``READ`` and waiting | ``manager.get_or_load``, ``lookups.CachedLookup.get``, ``flights.SingleFlight.joined`` |
| ``GET_SET`` | ``manager.get`` and ``set``, ``leases.remember`` and ``take_back`` |
| ``WRITE``, ``COMMIT``, ``AUTOCOMMIT``, ``ROLLBACK`` | ``connections.ConnectionWatcher`` |
| ``SNAPSHOT`` | ``snapshots.reads_latest`` |
| ``OUTSIDE`` | ``connections.invalidate``, ``manage.py cache clear`` |
| step ``begin``, ``end`` looking at the path; move ``look`` | ``mapped_file.Locked``, ``_map_if_replaced`` |

What is left out: times to live, the shared tier (as a place of entries it is one more process whose readers find what
others have stored: the scenario ``threads``), counts and logs, and the tags of types, kinds and keys.
"""
