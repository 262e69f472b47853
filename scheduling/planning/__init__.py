"""What is done with whole schedules and with the status of assignments, for whoever asks: the admin, a command, a test.

Each act has two halves: one proposes (what will be done, what stands in the way, what the policy warns of) and writes
nothing; the other does it, in the caller's transaction, with an entry of the history per row and a message for whom it
concerns.

proposals.py  what an act proposes
steps.py      a schedule from draft to archived · publishing.py: what the step "publish" does besides
versions.py   a new version of a published schedule · copying.py: a week again as the next one
statuses.py   assignments that are cancelled, and that count again
notices.py    what people are told · history.py: what the admin's history is told
"""
