"""The page of the cache in Django's admin. Importing this package registers it.

words          numbers, times and causes as a person reads them
charts         charts as SVG, with the figures as a table
figures        what the page shows: cards, charts and the table by type
log            who invalidated what
explained      what is known of a key, in sentences
next_to_cache  the queries that the cache could answer next
actions        clear, warm, verify and reset
page           the page, the confirmations and their addresses
"""

from .page import CacheSampleAdmin

__all__ = ["CacheSampleAdmin"]
