"""What stands between a draft that the gate has passed and the public: a checklist, signatures, and a time.

`checklist` says what is in the way, with the facts that `revising` and `inflow` measure; `signoff` keeps who signed;
`embargo` knows when; `prerelease` lets a few named people see earlier; `demands` is what publication asks of all of
them, and `drafts` lists what waits. Does not belong here: making a draft, moving a pointer (`release`), who may sign
(`contracts/publication.yml`).
"""
