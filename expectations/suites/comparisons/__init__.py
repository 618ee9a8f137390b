"""Expectations of the facts that compare locations, groups and periods: one module each."""
