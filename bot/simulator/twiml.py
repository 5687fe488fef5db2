"""What a shop's answer to a webhook asks the carrier to send. Pure."""

from xml.etree import ElementTree

XML_TYPES = frozenset({"text/xml", "application/xml", "text/html"})


def replies(content_type: str, text: str) -> list[str]:
    """The texts to send, in order; broken or foreign content asks for nothing.

    Plain text is a message too: Twilio sends it to the customer, and so must its stand-in.
    """
    if content_type == "text/plain":
        return [text] if text.strip() else []
    # Entities are how a small document grows without end, and TwiML has no use for a DOCTYPE.
    if content_type not in XML_TYPES or not text.strip() or "<!DOCTYPE" in text:
        return []
    try:
        root = ElementTree.fromstring(text)
    except ElementTree.ParseError:
        return []
    if root.tag != "Response":
        return []
    texts = [_text(element) for element in root.findall("Message")]
    return [each for each in texts if each]


def _text(message: ElementTree.Element) -> str:
    body = message.find("Body")
    return ((message if body is None else body).text or "").strip()
