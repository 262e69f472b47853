"""What is done with whole schedules and with the status of assignments, for any caller: the admin, a command, a test.

Each operation has two halves. One proposes: it says what will be done, what prevents it and what the policy warns of,
and writes nothing. The other does it, in the caller's transaction, with an entry in the history for each row and a
message to everyone concerned.

proposals   what an operation proposes
history     entries in the admin's history, for many rows at once
locks       rows that a transaction keeps to itself while it checks and writes a plan
messages    what employees are told
publishing  what else happens when a schedule is published
steps       a schedule's way from draft to archived
versions    a new version of a published schedule
copying     the assignments of a week copied to the next
cancelling  assignments that are cancelled, or that count again
"""
