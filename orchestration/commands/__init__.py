"""The commands of `oversight`, a module for each subject.

Belongs here: options, and showing results to a person or a script. Does not belong here: what is done.
"""
