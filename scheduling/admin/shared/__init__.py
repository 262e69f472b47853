"""What the pages of several models share. Nothing in here knows how a week is planned.

links.py         addresses of filtered lists
users.py         who is logged in: the user's key, and the employee behind the user
filters.py       list filters whose choices come from cached reads
tree_lists.py    lists whose rows know their place in the tree of departments
choices.py       foreign keys in forms without a query for each: widgets, fields, autocomplete views
cached_pages.py  pages of one row that read the row from the cache
archiving.py     actions that archive and restore rows
"""
