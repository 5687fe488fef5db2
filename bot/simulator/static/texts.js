// What the page itself says, in Spanish and English. What people write is never in here.

const TEXTS = {
  es: {
    subtitle: "dos teléfonos de prueba",
    personLabel: "Persona que sostiene los teléfonos",
    addPerson: "Añadir una persona",
    clockLabel: "Reloj del negocio",
    madrid: "Madrid",
    forwardHour: "+1 h",
    forwardDay: "+1 día",
    tomorrow: "Mañana 10:00",
    forwardHint: "El reloj del negocio solo avanza",
    languageLabel: "Idioma",
    tabsLabel: "Teléfonos",
    hint: "Prueba: «¿dónde está mi pedido?» por WhatsApp, y sigue la misma conversación por SMS.",
    shopAway: "La tienda no responde: los mensajes esperan.",
    threadLabel: "Mensajes",
    optionsLabel: "Opciones de respuesta",
    newest: "Ir al último mensaje",
    composer: "Escribe un mensaje",
    attach: "Adjuntar",
    emoji: "Emojis",
    send: "Enviar",
    pickPicture: "Elegir una imagen",
    picture: "Imagen…",
    sticker: "Sticker",
    voice: "Nota de voz",
    location: "Ubicación",
    contact: "Contacto",
    parcel: "Foto de un paquete dañado",
    jumper: "Foto de un jersey",
    receipt: "Foto de un tique",
    nameLabel: "Nombre",
    phoneLabel: "Teléfono (opcional)",
    cancel: "Cancelar",
    add: "Añadir",
    today: "Hoy",
    yesterday: "Ayer",
    waiting: "Enviando",
    sent: "Enviado",
    delivered: "Entregado",
    read: "Leído",
    canceled: "Cancelado",
    failed: "No entregado",
    notToShop: "No llegó a la tienda",
    outsideWindow: "fuera de la ventana de 24 horas, hace falta una plantilla",
    noConnection: "sin conexión",
    carrier: "Operadora",
    typing: "La tienda está escribiendo",
    emptyWhatsapp: "Escribe como si fueras {name}. La tienda responde aquí.",
    emptySms: "La misma conversación, por SMS. Empieza aquí o continúa lo que dejaste en WhatsApp.",
    noPhone: "{name} no comparte su número: solo tiene WhatsApp.",
    unread: "sin leer",
    file: "Archivo",
    sendFailed: "No se pudo enviar. Inténtalo de nuevo.",
    place: "Puerta del Sol",
    close: "Cerrar",
    openList: "Ver opciones",
    subtitleShop: "tienda y teléfonos de prueba",
    hintShop: "Prueba: añade algo en la tienda, pregunta «¿qué tengo en el carrito?» por WhatsApp y sigue por SMS.",
    shopTab: "Tienda",
    webShop: "la tienda web",
    catalogue: "Productos",
    addToCart: "Añadir",
    cart: "Carrito",
    cartEmpty: "El carrito de {name} está vacío.",
    paid: "¡Gracias! Pedido n.º {number} hecho.",
    total: "Total",
    pay: "Pagar",
    less: "Uno menos",
    more: "Uno más",
    remove: "Quitar",
    lastEvent: "Evento enviado",
    nothingSent: "ninguno todavía",
    noAnswer: "sin respuesta",
    "shopTrouble.away": "El bot no responde: la tienda no puede hablar con él.",
    "shopTrouble.key": "El bot no acepta la clave de escritura de la tienda.",
    "shopTrouble.apiKey": "El bot no acepta la clave de la API: no se puede leer el carrito.",
    "shopTrouble.fault": "El bot respondió con un error. Inténtalo de nuevo.",
  },
  en: {
    subtitle: "two phones to try it on",
    personLabel: "Person who holds the phones",
    addPerson: "Add a person",
    clockLabel: "Business clock",
    madrid: "Madrid",
    forwardHour: "+1 h",
    forwardDay: "+1 day",
    tomorrow: "Tomorrow 10:00",
    forwardHint: "The business clock only moves forward",
    languageLabel: "Language",
    tabsLabel: "Phones",
    hint: "Try: “where is my order?” on WhatsApp, then go on with the same conversation by SMS.",
    shopAway: "The shop does not answer: messages wait.",
    threadLabel: "Messages",
    optionsLabel: "Options to answer with",
    newest: "Go to the newest message",
    composer: "Write a message",
    attach: "Attach",
    emoji: "Emoji",
    send: "Send",
    pickPicture: "Choose a picture",
    picture: "Picture…",
    sticker: "Sticker",
    voice: "Voice note",
    location: "Location",
    contact: "Contact",
    parcel: "Photo of a damaged parcel",
    jumper: "Photo of a jumper",
    receipt: "Photo of a receipt",
    nameLabel: "Name",
    phoneLabel: "Phone (optional)",
    cancel: "Cancel",
    add: "Add",
    today: "Today",
    yesterday: "Yesterday",
    waiting: "Sending",
    sent: "Sent",
    delivered: "Delivered",
    read: "Read",
    canceled: "Canceled",
    failed: "Not delivered",
    notToShop: "Not delivered to the shop",
    outsideWindow: "outside the 24-hour window, a template is needed",
    noConnection: "no connection",
    carrier: "Carrier",
    typing: "The shop is typing",
    emptyWhatsapp: "Write as if you were {name}. The shop answers here.",
    emptySms: "The same conversation, by SMS. Start here, or go on with what you left on WhatsApp.",
    noPhone: "{name} does not share a number: there is only WhatsApp.",
    unread: "unread",
    file: "File",
    sendFailed: "It could not be sent. Please try again.",
    place: "Puerta del Sol",
    close: "Close",
    openList: "See options",
    subtitleShop: "a shop and phones to try it on",
    hintShop: "Try: add something in the shop, ask “what is in my cart?” on WhatsApp, then go on by SMS.",
    shopTab: "Shop",
    webShop: "the web shop",
    catalogue: "Products",
    addToCart: "Add",
    cart: "Cart",
    cartEmpty: "{name}'s cart is empty.",
    paid: "Thank you! Order no. {number} is placed.",
    total: "Total",
    pay: "Pay",
    less: "One less",
    more: "One more",
    remove: "Remove",
    lastEvent: "Last event sent",
    nothingSent: "none yet",
    noAnswer: "no answer",
    "shopTrouble.away": "The bot does not answer: the shop cannot talk to it.",
    "shopTrouble.key": "The bot does not accept the shop's write key.",
    "shopTrouble.apiKey": "The bot does not accept the API key: the cart cannot be read.",
    "shopTrouble.fault": "The bot answered with an error. Please try again.",
  },
};

// In the language of the person, not of the page: this is what they would write.
export const SUGGESTIONS = {
  es: { whatsapp: ["¿Dónde está mi pedido?", "¿Qué tengo en el carrito?"], sms: ["¿Dónde está mi pedido?", "Hablar con una persona"] },
  en: { whatsapp: ["Where is my order?", "What is in my cart?"], sms: ["Where is my order?", "Talk to a person"] },
  pt: { whatsapp: ["Onde está o meu pedido?", "O que tem no meu carrinho?"], sms: ["Onde está o meu pedido?", "Falar com uma pessoa"] },
};

// Why the server refused, by the reason it gives.
const REFUSALS = {
  es: {
    clock: "El reloj solo avanza, y como mucho 400 días.",
    tooLarge: "Es demasiado grande: una imagen puede pesar hasta 5 MB.",
    noNumber: "Esta persona no tiene número, así que no hay SMS.",
    notBySms: "Por SMS no se puede enviar; prueba por WhatsApp.",
    notAPicture: "Solo se pueden enviar imágenes PNG, JPEG, GIF y WebP.",
    noName: "Falta el nombre.",
    phone: "Escribe el teléfono con su prefijo, por ejemplo +34 600 000 010.",
    phoneTaken: "Ya hay alguien con este teléfono.",
    phoneOfShop: "Este es el número de la tienda.",
    peopleFull: "No caben más personas.",
    notInCart: "Eso ya no está en el carrito.",
  },
  en: {
    clock: "The clock only moves forward, and at most 400 days.",
    tooLarge: "This is too large: a picture may have up to 5 MB.",
    noNumber: "This person has no phone number, so there is no SMS.",
    notBySms: "SMS cannot carry this; try WhatsApp.",
    notAPicture: "Only PNG, JPEG, GIF and WebP pictures can be sent.",
    noName: "A name is needed.",
    phone: "Write the phone with its country code, for example +34 600 000 010.",
    phoneTaken: "Somebody already has this phone number.",
    phoneOfShop: "This is the shop's own number.",
    peopleFull: "There is no room for more people.",
    notInCart: "This is not in the cart any more.",
  },
};

let language = document.documentElement.lang in TEXTS ? document.documentElement.lang : "en";

export const currentLanguage = () => language;

export function text(key, values = {}) {
  const found = TEXTS[language][key] ?? key;
  return found.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

export const refusal = (reason) => REFUSALS[language][reason];

/** Put the words of the page in place; `data-label` and the like name the text, not the words. */
export function applyTexts(root = document) {
  for (const element of root.querySelectorAll("[data-text]")) element.textContent = text(element.dataset.text);
  for (const element of root.querySelectorAll("[data-label]")) element.setAttribute("aria-label", text(element.dataset.label));
  for (const element of root.querySelectorAll("[data-title]")) element.title = text(element.dataset.title);
  for (const element of root.querySelectorAll("[data-placeholder]")) element.placeholder = text(element.dataset.placeholder);
}

export function chooseLanguage(chosen) {
  if (!(chosen in TEXTS)) return;
  language = chosen;
  document.documentElement.lang = chosen;
  const address = new URL(location.href);
  address.searchParams.set("lang", chosen);
  history.replaceState(null, "", address);
  applyTexts();
}
