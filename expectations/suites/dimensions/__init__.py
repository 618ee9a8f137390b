"""Expectations of the dimensions: one module each."""
