"""The REST API, as other systems call it."""
