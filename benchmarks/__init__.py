"""How long a refresh takes and how much memory it needs, always against a baseline of the same run.

Belongs here: measurements that a person reads. Does not belong here: tests; a slow machine is no failure.
"""
