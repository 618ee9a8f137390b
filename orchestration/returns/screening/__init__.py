"""Screening: checks of a file against its contract, and the observations in it.

Contains the order of the stages and their outcome. The stages are in `layout` (columns and rows), `meaning`
(locations, groups, measures, figures) and `checks`; the tables that they create are described in `tables`. Not here:
the catalogue of rules (`orchestration.returns.rules`).
"""
