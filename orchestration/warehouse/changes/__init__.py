"""Changes between two releases: cell by cell, with causes, in words, and as a version number.

Contains comparisons of releases. Not here: comparisons of locations or groups (`dbt_project/`).
"""
