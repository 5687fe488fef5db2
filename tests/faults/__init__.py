"""Fault tests at full size: `python -m tests.faults`. A tenth of each runs with all other tests.

The carrier is a process of its own and holds the truth; `truth.py` is the judge. docs/faults.md tells more.
"""
