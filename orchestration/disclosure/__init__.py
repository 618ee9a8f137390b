"""Disclosure control: which cells of additive tables must not be shown, and what an intruder could still tell.

Belongs here: tables as cells and sums (`tables`), what can be told of a suppressed cell (`attack`), and which further
cells must go so that nothing can (`protection`), of numbers alone. Does not belong here: which figures of a return are
small (its contract), or what is published.
"""
