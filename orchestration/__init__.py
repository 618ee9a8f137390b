"""The oversight warehouse: departments' returns in, comparable measures out, published safely every night.

The packages follow the data's way: `contracts` (what is agreed), `returns` (what arrived, and whether it
keeps the agreement), `warehouse` (build, candidate, release) and `defs` (the Dagster layer, thin).
"""
