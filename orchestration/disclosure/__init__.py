"""Statistical disclosure control: which cells of additive tables to suppress, and what an intruder could still derive.

Contains additive tables (`tables`, `figures`, `additive_relations`), feasibility intervals (`attack`), primary and
secondary suppression (`suppression`, `protection`, `search`), and the disclosure audit (`audit`). Not here: which
figures of a return are small (its contract), and what is published (`orchestration.warehouse`).
"""
