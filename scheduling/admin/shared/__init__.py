"""What the pages of several models share. Nothing in here knows how a week is planned.

links            addresses of filtered lists
users            who is logged in: the user's key, and the employee behind the user
filters          list filters whose choices come from cached reads
tree_lists       lists whose rows know their place in the tree of departments
choices          foreign keys in forms without a query for each: widgets, fields, autocomplete views
cached_pages     pages of one row that read the row from the cache
guarded_fields   pages of models that have fields behind permissions of their own
archiving        actions that archive and restore rows
"""
