"""Alembic's scripts. Numbered; the newest is what the models say."""
