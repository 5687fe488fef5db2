"""What shops tell by webhook, translated into our own events."""
