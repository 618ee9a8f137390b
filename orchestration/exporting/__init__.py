"""A release as files for those who open them without any of this: CSV with what describes it, and spreadsheets.

Belongs here: turning a release into such files. Does not belong here: the release's own files (`warehouse.release`).
"""
