"""The people on the page when nobody else is named."""

from bot.simulator.settings import Person

DEMO_PEOPLE = (
    Person(
        key="lucia",
        name="Lucía Romero",
        phone="+34600000001",
        whatsapp_id="ES.1A2B3C4D5E6F7081",
        language="es",
        note="pedido en camino",
    ),
    Person(
        key="james",
        name="James Porter",
        phone="+447700900123",
        whatsapp_id="GB.9F8E7D6C5B4A3021",
        language="en",
        note="first visit",
    ),
    Person(
        key="ines",
        name="Inês Duarte",
        phone=None,
        whatsapp_id="PT.5C6D7E8F90A1B2C3",
        language="pt",
        note="só WhatsApp, sem número",
    ),
)
