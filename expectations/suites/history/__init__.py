"""Expectations of observations, their revisions and their screening, and between marts."""
