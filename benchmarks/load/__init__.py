"""The whole site under load: gunicorn, PostgreSQL and Valkey, planners who open pages and save, and faults.

    python -m benchmarks.load [--database postgresql|sqlite] [--seconds N] [--clients 4 16 64] [--json FILE]

mix       what planners do, as weights
settings  the settings of the project, with static files in a folder of the benchmark
stage     fills the database
forms     what a browser would send back of the form on a page
clients   planners: a connection each, what they ask for, and what came of it
server    gunicorn as `make serve` starts it
__main__  the command: levels of clients, what faults cost, the memory of a worker
"""
