"""Screening: whether a file keeps its contract, and the observations it gives.

Contains the order of the stages and their outcome. The stages are in `layout` (columns and rows), `meaning`
(locations, groups, measures, figures) and `checks`. Not here: the catalogue of rules (`orchestration.returns.rules`).
"""
