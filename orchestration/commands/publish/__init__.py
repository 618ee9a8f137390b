"""Publication commands: publish, roll back, draft, approve."""
