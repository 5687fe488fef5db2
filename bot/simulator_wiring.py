"""Puts the simulator beside the bot: same port, its own store, reached only by Twilio's surface."""

from bot.settings import Settings
from bot.simulator import Carrier, SimulatedClock, SimulatorSettings
from bot.simulator.people import DEMO_PEOPLE


def make_simulator(settings: Settings) -> Carrier:
    store_path = str(settings.var_folder / "simulator.db")
    return Carrier(
        SimulatorSettings(
            account_sid=settings.twilio_account_sid,
            auth_token=settings.twilio_auth_token[0],
            sms_from=settings.sms_from or "",
            whatsapp_from=settings.whatsapp_from or "",
            webhook_url=f"{settings.public_url}/twilio/messages",
            api_url=settings.twilio_api_url,
            store_path=store_path,
            shop_name=settings.shop_name,
            people=DEMO_PEOPLE,
            bot_url=settings.public_url,
            write_key=settings.event_write_keys[0].rpartition(":")[2] if settings.event_write_keys else "",
            api_key=settings.api_keys[0] if settings.api_keys else "",
        ),
        clock=SimulatedClock(store_path),
    )
