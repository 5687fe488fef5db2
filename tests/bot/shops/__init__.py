"""Webhooks of shops."""
