"""Meaning: the location, group, measure and figure that each label and cell stands for.

Contains their resolution against contracts and references. Not here: judgements across rows (`checks`).
"""
