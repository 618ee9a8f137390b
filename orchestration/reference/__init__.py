"""Reference pages of the documentation, generated from the code that they describe.

Contains the writers of `docs/commands.md` and `docs/contracts.md`; `make docs` runs them. Not here: pages written by
hand, or the dictionary of a release (`orchestration.dictionary`).
"""
