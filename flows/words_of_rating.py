"""Words that rate, from 1 to 5, in three languages and without accents; and words around them."""

WORDS = {
    1: ("muy mal", "muy mala", "muy malo", "malisimo", "malisima", "fatal", "pesimo", "pesima", "horrible")
    + ("terrible", "un desastre", "desastre", "nefasto", "asqueroso", "lo peor", "nada contento")
    + ("very bad", "awful", "the worst", "worst", "dreadful", "useless", "disaster", "nunca", "never")
    + ("muito ruim", "muito mal", "pessimo", "pessima", "horrivel", "um desastre", "terrivel", "o pior"),
    2: ("mal", "malo", "mala", "regular tirando a mal", "flojo", "floja", "no muy bien", "no muy bueno")
    + ("no muy buena", "bad", "poor", "not good", "not great", "not very good", "meh")
    + ("ruim", "mau", "fraco", "fraca", "nao muito bom", "nao muito boa"),
    3: ("regular", "normal", "asi asi", "mas o menos", "ni bien ni mal", "pasable", "ok", "okay", "so so")
    + ("average", "not bad", "fair", "no esta mal", "mais ou menos", "razoavel", "nem bom nem ruim"),
    4: ("bien", "bueno", "buena", "bastante bien", "good", "well", "pretty good", "fine", "nice")
    + ("bom", "boa", "bem", "thumbsup", "okhand"),
    5: ("muy bien", "muy bueno", "muy buena", "excelente", "genial", "perfecto", "perfecta", "estupendo")
    + ("estupenda", "fantastico", "increible", "maravilloso", "de diez", "encantada", "encantado")
    + ("great", "excellent", "very good", "very well", "perfect", "amazing", "awesome", "wonderful")
    + ("otimo", "otima", "muito bem", "muito bom", "muito boa", "perfeito", "perfeita", "maravilhoso")
    + ("adorei", "me encanto", "loved it"),
}

# They turn a rating round, or make it doubtful: asked again is better than guessed.
NEGATIONS = frozenset(("no", "not", "nao", "nada", "nem", "sin", "ni", "hardly", "pero", "but", "mas"))

# Around a number or a word they add nothing: "le doy un 9, gracias", "I'd say an 8".
FILLERS = frozenset(
    ("un", "una", "el", "la", "lo", "le", "os", "te", "doy", "pongo", "pon", "seria", "creo", "que", "de")
    + ("nota", "punto", "puntos", "estrella", "estrellas", "mi", "con", "y", "gracias", "pues", "yo", "diria")
    + (
        "todo",
        "toda",
        "ha",
        "sido",
        "estuvo",
        "fue",
        "muchas",
        "porfavor",
        "hola",
        "es",
        "por",
        "mi",
        "parte",
    )
    + ("a", "an", "the", "i", "it", "was", "give", "you", "would", "say", "id", "points", "stars", "star")
    + ("thanks", "thank", "is", "its", "all", "hi", "my", "rating", "score", "um", "uma", "o", "dou", "eu")
    + ("diria", "acho", "pontos", "ponto", "estrelas", "estrela", "obrigado", "obrigada", "minha", "foi")
    + ("tudo", "pra", "para", "voces", "me")
)
