"""WhatsApp's 24-hour customer service window."""

from datetime import datetime, timedelta

WINDOW = timedelta(hours=24)
# Twilio's clock and ours differ, and the send takes its time.
WINDOW_MARGIN = timedelta(minutes=5)


def window_opens_after(now: datetime) -> datetime:
    """Whoever wrote after that moment may be written to freely now."""
    return now - (WINDOW - WINDOW_MARGIN)
