"""What templates ask for.

dashboard  what needs attention, for the first page of the admin
"""
