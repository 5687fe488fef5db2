"""A carrier on loopback: Twilio's REST surface, signed webhooks, and a page with two phones.

The bot reaches it with the real `twilio` client, and it reaches the bot over real HTTP; nothing else is
shared but the business clock.
"""

from flask import Blueprint

from bot.simulator.api import add_page_api
from bot.simulator.carrier import Carrier
from bot.simulator.clock import ClockError, SimulatedClock
from bot.simulator.config_rest import add_config_routes
from bot.simulator.content_rest import add_content_routes
from bot.simulator.faults_api import add_faults_api
from bot.simulator.page import add_page
from bot.simulator.rest import add_rest_routes
from bot.simulator.settings import Person, SimulatorSettings
from bot.simulator.shop_api import add_shop_api

__all__ = ["Carrier", "ClockError", "Person", "SimulatedClock", "SimulatorSettings", "blueprint"]


def blueprint(carrier: Carrier) -> Blueprint:
    """Everything below /simulator. The caller starts and stops the carrier."""
    routes = Blueprint(
        "simulator",
        __name__,
        url_prefix="/simulator",
        template_folder="templates",
        static_folder="static",
        static_url_path="/static",
    )
    add_rest_routes(routes, carrier)
    add_content_routes(routes, carrier)
    add_config_routes(routes, carrier)
    add_page_api(routes, carrier)
    add_faults_api(routes, carrier)
    add_shop_api(routes, carrier)
    add_page(routes, carrier)
    return routes
