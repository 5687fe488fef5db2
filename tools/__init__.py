"""Helpers for people who work on Hilo. Not part of what is installed."""
