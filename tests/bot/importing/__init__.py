"""Files that are read into the database."""
