"""Expectations of derived measures and value for money: one module each."""
