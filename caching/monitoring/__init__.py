"""WATCHING: what the cache did.

stats     what is counted for each type and kind, and the snapshot that callers get
recorder  exact counts under threads, for this process and for all processes of the host
reports   what was counted as a dictionary for JSON, as CSV or in one line
tables    what was counted as a table on a terminal
"""
