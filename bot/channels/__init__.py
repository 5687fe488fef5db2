"""The edge: one channel a file; vendors' forms, signatures and error codes stop here."""
