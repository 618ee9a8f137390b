"""Maintenance commands: retention, pins, signing keys."""
