"""What the pages of several models share. Nothing in here knows how a week is planned.

links            addresses of filtered lists
users            who is logged in: the user's key, and the employee behind the user
filters          list filters whose choices come from cached reads
tree_lists       lists whose rows know their place in the tree of departments
choices          foreign keys in forms without a query for each: widgets, fields, autocomplete views
cached_pages     pages of one row that read the row from the cache
guarded_fields   pages of models that have fields behind permissions of their own
shown            what a page has shown of each row, signed
comparison       a row as it was shown, as it is now, and as somebody wants it
writers          who wrote a row last
compared_forms   forms that save what was touched, and ask where two people have changed a row
compared_formsets  many such rows on one page
ended_sessions   what was typed into a page whose session has ended
row_pages        pages that edit rows, on which no change of a colleague is undone
archiving        actions that archive and restore rows
"""
