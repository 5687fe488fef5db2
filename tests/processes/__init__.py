"""Real processes on loopback, as an operator starts them."""
