"""Holds the carrier, and what the bot sends, against Twilio's own OpenAPI documents.

Run by tools/check_openapi.py. Not part of the tests: the documents are Twilio's and not kept here.
"""
