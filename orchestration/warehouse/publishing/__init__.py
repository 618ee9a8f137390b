"""Publication: from a candidate to the current release, drafts of the open tier, retention and verification.

Contains everything that changes which release is current. Not here: running the gate (`expectations`).
"""
