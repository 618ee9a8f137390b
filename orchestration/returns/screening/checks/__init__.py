"""Checks on the content of a file, and the problems they report.

Contains one module for each stage of checks. Not here: refusals before the rows are read (`layout`, `files`).
"""
