"""Tests. They mirror the folders of the project; what they share is in tests/fixtures."""
