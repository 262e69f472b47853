"""Tags for the templates of other applications.

cache_panel  {% cache_panel user %}: what the cache does, in a few words, with a link to its page
"""
