"""Commands that read a release: query, trace, describe, export, serve."""
