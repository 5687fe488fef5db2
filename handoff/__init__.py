"""When does a person take over, and who? Knows the store and what was said; no flows, no HTTP."""
