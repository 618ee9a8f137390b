"""Code that every package uses: settings, errors, the clock, locks, DuckDB connections and atomic files.

Contains nothing that depends on returns, releases or Dagster. Not here: the contract language
(`orchestration.contracts`).
"""
