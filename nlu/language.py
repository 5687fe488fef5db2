"""Which language is this line in? Spanish, English, Portuguese, or too little to say.

Counts small words and letters that one of the three has and the others lack. Words shared by two
("de", "como", "para", "no", "ola") say nothing and are left out.
"""

from nlu.text import LONGEST, words

LANGUAGES = ("es", "en", "pt")

_WORDS = {
    "es": """
        el los las y en un una unos unas con mi mis su sus lo le les es soy eres son estoy estas estan hay
        hola buenas buenos buen dias gracias adios favor si donde cuando cuanto cuanta cual cuales
        quien quiero quiere quieres quisiera queria tengo tiene tienes tienen puedo puede puedes pueden podes
        hoy manana ayer noche muy mucho muchas muchos pero yo ese eso esa esto usted ustedes vos ahora
        hasta desde entre sin sobre tambien aqui ahi alguien persona pedido envio compra direccion calle
        tienda llega llego llegado hace hacer hablar hablas hablame dame dime ponme bien vale dale estado
        ya nada algo porque todavia aun carrito pagar cambiar quitar agregar anadir del al tarde lunes
        martes miercoles jueves viernes ingles espanol portugues ayuda olvidalo dejalo cancela claro
        me te se a de que para por como no o nos
        enviar mensajes abren cierran horario ubicacion tal sos otra otro recomienda recomiendan cuenta
    """,
    "en": """
        the is are am was were be been i you your we they it this that these those my our his her their
        and or of for from with to at on in by not do does did have has had can could will would should
        what where when why who how which there here want need like know get got give make send put take
        hi hello hey thanks thank please yes yeah yep order package store shop cart basket pay address
        delivery open close today tomorrow yesterday morning afternoon evening night good talk speak
        english spanish person someone human agent help never mind nope sure change remove add more much
        me a as no us if so just some
        many next friday saturday sunday monday any again back start over skip
    """,
    "pt": """
        oi eu voce voces um uma uns umas com meu minha meus minhas seu sua nao sim onde quando quanto qual
        quais quem quero quer queria tenho tem posso pode podem hoje amanha ontem noite muito muita mas isso
        isto esse essa sou estou ta tudo bem bom boa dia obrigado obrigada tchau ola ate cade em na ao aos
        agora depois antes sem aqui alguem pessoa pedido encomenda endereco rua loja chega chegou falar fala
        fazer ver aberto voltar pular carrinho pagar mudar tirar colocar coloca entrega ainda ja tarde
        segunda quinta sexta sabado domingo ingles espanhol portugues ajuda esquece deixa beleza valeu
        me te se a o os as de da do que para por como no na nos
        horas porque eh mensagens mensagem avaliar atendente recomenda recomendam conta
    """,
}
# Accents off, as `normalise` leaves them.
LANGUAGE_NAMES = {
    **dict.fromkeys(("espanol", "castellano", "spanish", "espanhol"), "es"),
    **dict.fromkeys(("ingles", "english"), "en"),
    **dict.fromkeys(("portugues", "portuguese", "brasileiro"), "pt"),
}
_LETTERS = {"es": "ñ¿¡", "en": "", "pt": "ãõçêâôà"}
_ENDINGS = {
    "es": ("cion", "ciones", "ando", "iendo", "dad", "illo", "illa", "ito"),
    "en": ("ing", "tion", "ed", "ly"),
    "pt": ("cao", "coes", "endo", "dade", "inho", "inha", "ado"),
}
# Enough on its own: nobody says it in one of the other two.
_TELLING = {
    "es": {"hola", "gracias", "quiero", "donde", "cuando", "espanol", "usted", "adios"},
    "en": {"the", "hello", "thanks", "please", "you", "where", "what", "yes", "your", "hi"},
    "pt": {"oi", "nao", "voce", "obrigado", "obrigada", "cade", "tchau", "meu", "minha", "quero", "onde"},
}

_WORD_SETS = {language: frozenset(listed.split()) for language, listed in _WORDS.items()}
# Portuguese and Spanish write many of the same words; what two lists share is no evidence for either.
_SHARED = frozenset(
    word
    for word in frozenset().union(*_WORD_SETS.values())
    if sum(word in s for s in _WORD_SETS.values()) > 1
) | frozenset(
    [
        "ola",
        "algo",
        "nada",
        "entre",
        "sobre",
        "desde",
        "favor",
        "cancela",
        "claro",
        "tal",
        "compra",
        "estado",
        "enviar",
        "dia",
        "antes",
        "segunda",
        "quinta",
        "domingo",
        "sabado",
        "mas",
        "ver",
        "mudar",
        "entrega",
        "horas",
    ]
)

_ENOUGH = 1.0
_AHEAD = 1.0


def detect(text: str) -> str | None:
    """ "es", "en" or "pt"; None when the evidence is thin or points two ways."""
    found = words(text)
    lowered = text[:LONGEST].casefold()
    scores = sorted(((_score(language, found, lowered), language) for language in LANGUAGES), reverse=True)
    (best, language), (second, _) = scores[0], scores[1]
    return language if best >= _ENOUGH and best - second >= _AHEAD else None


def _score(language: str, found: list[str], lowered: str) -> float:
    own, telling, endings = _WORD_SETS[language], _TELLING[language], _ENDINGS[language]
    score = 0.0
    for word in found:
        if word in telling:
            score += 2.0
        elif word in own and word not in _SHARED:
            score += 1.0
        elif len(word) > 5 and word not in _SHARED and word.endswith(endings):
            score += 0.5
    # Two letters at most: one name with a tilde must not outweigh a sentence.
    return score + min(2, sum(lowered.count(letter) for letter in _LETTERS[language])) * 1.5
