"""Exports of a release for use without this project: CSV files with metadata, and spreadsheets.

Contains writing those files. Not here: the files of the release itself (`orchestration.warehouse`).
"""
