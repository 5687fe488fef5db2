"""What did they mean? Knows text, language and its own types; nothing of customers, flows or storage."""
