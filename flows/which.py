"""Two wishes that the words may mean just as well: a short question with both offered."""

import json

from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.interfaces import Tracker

from flows.base import Events, FlowAction, language_of
from nlu.parsed import SURE, Parsed

INTENT = "ask_which"
RIVAL = "rival"
# Twenty letters at most: they are labels of buttons.
LABELS = {
    "opening_hours": {"es": "Horario", "en": "Opening hours", "pt": "Horário"},
    "location": {"es": "Dónde estamos", "en": "Where we are", "pt": "Onde estamos"},
    "promotions": {"es": "Ofertas", "en": "Offers", "pt": "Ofertas"},
    "loyalty_points": {"es": "Mis puntos", "en": "My points", "pt": "Meus pontos"},
    "payment_methods": {"es": "Formas de pago", "en": "Ways to pay", "pt": "Formas de pagamento"},
    "delivery_time": {"es": "Plazos de envío", "en": "Delivery times", "pt": "Prazos de entrega"},
    "product_question": {"es": "Un producto", "en": "A product", "pt": "Um produto"},
    "price": {"es": "Un precio", "en": "A price", "pt": "Um preço"},
    "stock": {"es": "Si queda", "en": "If it is in stock", "pt": "Se tem em estoque"},
    "order_status": {"es": "Mi pedido", "en": "My order", "pt": "Meu pedido"},
    "see_appointments": {"es": "Mis citas", "en": "My appointments", "pt": "Meus horários"},
    "invoice": {"es": "Una factura", "en": "An invoice", "pt": "Uma nota fiscal"},
    "see_cart": {"es": "Ver el carrito", "en": "See my cart", "pt": "Ver o carrinho"},
    "checkout": {"es": "Pagar", "en": "Pay", "pt": "Pagar"},
    "promo_code": {"es": "Usar un código", "en": "Use a code", "pt": "Usar um código"},
    "add_to_cart": {"es": "Añadir al carrito", "en": "Add to cart", "pt": "Pôr no carrinho"},
    "change_cart": {"es": "Cambiar el carrito", "en": "Change my cart", "pt": "Mudar o carrinho"},
    "remove_from_cart": {"es": "Quitar del carrito", "en": "Take from cart", "pt": "Tirar do carrinho"},
    "book_appointment": {"es": "Pedir cita", "en": "Book an appointment", "pt": "Marcar horário"},
    "move_appointment": {"es": "Cambiar una cita", "en": "Move an appointment", "pt": "Mudar um horário"},
    "cancel_appointment": {"es": "Anular una cita", "en": "Drop an appointment", "pt": "Desmarcar"},
    "delivery_details": {"es": "Datos de entrega", "en": "Delivery details", "pt": "Dados de entrega"},
    "refund_status": {"es": "Mi reembolso", "en": "My refund", "pt": "Meu reembolso"},
    "return_item": {"es": "Devolver algo", "en": "Return something", "pt": "Devolver algo"},
    "cancel_order": {"es": "Anular un pedido", "en": "Call off an order", "pt": "Anular um pedido"},
    "only_orders": {"es": "Solo avisos", "en": "Order news only", "pt": "Só avisos"},
    "choose_channel": {"es": "Elegir canal", "en": "Choose a channel", "pt": "Escolher canal"},
    "fewer_messages": {"es": "Menos mensajes", "en": "Fewer messages", "pt": "Menos mensagens"},
    "pause_messages": {"es": "Una pausa", "en": "A pause", "pt": "Uma pausa"},
    "opt_out": {"es": "Ningún mensaje", "en": "No messages", "pt": "Nenhuma mensagem"},
    "talk_to_human": {"es": "Hablar con alguien", "en": "Talk to someone", "pt": "Falar com alguém"},
}


def is_either(parsed: Parsed) -> bool:
    """Not sure, with a second wish close behind, and both can be put on a button."""
    return parsed.confidence < SURE and parsed.intent in LABELS and parsed.rival in LABELS


class AskWhich(FlowAction):
    """Offers the intent and its rival; what they have named goes with the choice."""

    action_name = "action_ask_which"

    def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> Events:
        message = tracker.latest_message
        named = {entity["entity"]: entity["value"] for entity in message["entities"]}
        rival = named.pop(RIVAL)
        language = language_of(tracker)
        buttons = [
            {"title": LABELS[intent][language], "payload": f"/{intent}{json.dumps(named) if named else ''}"}
            for intent in (message["intent"]["name"], rival)
        ]
        dispatcher.utter_message(response="utter_which_of_two", buttons=buttons)
        return []
