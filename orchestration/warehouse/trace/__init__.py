"""Trace: from a published figure back to submission, file, row and column, or the reason it is missing.

Contains read-only questions to one release. Not here: general queries (`store.query`).
"""
