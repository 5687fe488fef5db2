"""The stand-in carrier, from the outside: the real Twilio client, a small shop, the page."""
