"""The words of a text that say what it is about: no articles, no "do you have", in three languages."""

from nlu.text import words

_EMPTY = {
    "es": (
        "de del la las los el lo un una unos unas y o a al en con por para que se es son esta estan este "
        "esto estos estas eso esa ese mi mis tu tus su sus me te le les nos os si no ya mas muy hay he ha "
        "han hola buenas dias tardes gracias porfavor oye perdona saber decir dime quiero quisiera queria "
        "puedo puede pueden podeis podria podrias tengo tiene tienen teneis tienes hacer hago haceis hacen "
        "ser cual cuales como cuando donde quien algo alguna algun vosotros ustedes usted yo ahora aqui "
        "sobre entre hasta desde necesito gustaria ver sin tambien pero cosa cosas vendeis venden vende "
        "busco duda pregunta cuentame contadme explicame"
    ),
    "en": (
        "the a an of in on at to for with and or is are be was do does did can could would will should may "
        "i you we they it he she my your our their me us them this that these those there here what which "
        "how when where who if so not no yes have has had got get any some please hi hello hey thanks thank "
        "want need like know tell about sell looking wondering question just also but from by as am"
    ),
    "pt": (
        "o os a as um uma uns umas de do da dos das em no na nos nas com por para pelo pela e ou que se sao "
        "esta estao este essa esse isto isso meu minha meus seu sua voce voces eu nos me lhe mais muito ola "
        "oi bom boa dia tarde obrigado obrigada queria quero posso pode podem tenho tem temos fazer faz "
        "fazem ser qual quais como quando onde quem algum alguma ha ja nao sim aqui sobre entre ate desde "
        "gostaria preciso ver sem tambem mas coisa vendem vende saber duvida pergunta conte faco porfavor "
        "favor"
    ),
}
EMPTY = frozenset(word for listed in _EMPTY.values() for word in listed.split())


def content_words(text: str) -> list[str]:
    """Normalised, in order; a word may come twice."""
    return [word for word in words(text) if word not in EMPTY and len(word) > 1]
