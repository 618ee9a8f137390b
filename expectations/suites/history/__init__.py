"""Expectations of observations, their revisions and their screening, and of what holds between marts."""
