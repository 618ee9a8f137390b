"""Candidates and releases as folders: their files, and the rules for reading, sealing and finding them.

Contains the parts of a release and the append-only logs beside it. Not here: decisions to publish (`publishing`).
"""
