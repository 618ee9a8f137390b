"""Commands of `oversight`, by subject.

Contains options, and output for people and scripts. Not here: the work itself (the packages that the commands call).
"""
