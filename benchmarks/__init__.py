"""Time and memory of a refresh, always compared with a baseline of the same run.

Contains measurements for people to read. Not here: tests, since a slow machine is not a failure.
"""
