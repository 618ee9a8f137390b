"""Commands for senders of returns: land, screen, withdraw, sample returns, contracts."""
