"""What do we say, and may we say it now? Pure: no Flask, SQL, Redis, HTTP, Twilio or clock."""
