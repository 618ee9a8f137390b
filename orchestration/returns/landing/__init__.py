"""Arrivals: bytes stored under their sha256 and a receipt for each.

Contains the landing area and lists of submissions. Not here: fetching files (`connectors`) or reading them (`files`).
"""
