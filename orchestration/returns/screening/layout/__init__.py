"""Layouts: which columns of a file play which role, and its rows and cells in long form.

Contains header matching, unpivoting and labels. Not here: what labels and figures mean (`meaning`).
"""
