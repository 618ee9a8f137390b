"""Expectations of the bridges: one module each."""
