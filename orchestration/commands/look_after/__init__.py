"""Commands that look after an installation: retention, pins, signing keys."""
