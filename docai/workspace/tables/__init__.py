"""Records as tables: typed columns to query, amendments beside what they amend, copies counted once.

A projection of the records into a database of its own, brought up to date when it is asked. Nothing in it is
the only place of anything: a damaged one is made again.
"""
