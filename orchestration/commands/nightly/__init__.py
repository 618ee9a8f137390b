"""Commands of the nightly run: refresh and status."""
