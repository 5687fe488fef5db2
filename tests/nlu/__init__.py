"""Understanding: what was meant, in which language, and what was named."""
