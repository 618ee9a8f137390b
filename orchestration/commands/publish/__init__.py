"""Commands that decide what is published: publish, roll back, draft, approve."""
