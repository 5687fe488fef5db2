"""Whole stories in a real browser, against `hilo run` as a newcomer starts it."""
