"""Approval of drafts that have passed the gate: a checklist, signatures, and the time of publication.

Contains the checklist (`checklist`) with the facts behind it (`unusual_revisions`, `inflow`), signatures (`signoff`),
the time (`embargo`), pre-release access (`prerelease`), the conditions for publication (`publication_checks`) and the
list of waiting drafts (`drafts`). Not here: creating a draft and moving the pointer (`publishing`), and who may sign
(`contracts/publication.yml`).
"""
