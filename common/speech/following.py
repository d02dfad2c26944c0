"""What the next words say: whether they begin a sentence, or go on with the one before.

All of them answer None while the text at hand does not tell yet, and never change their answer when
more text comes.
"""

from collections.abc import Iterable
from typing import Final

_STARTERS: Final = {
    "en": "The This That These Those There They Then It Its It's He His Her She We You Your My I A An"
    " In If On At As So No Not Our Their But And For What When Where Which Who Why How Do Does Did"
    " Can Could Would Should Shall Is Are Was Were Has Have Please Let After Before However"
    " Also All Another Both Each Every Here Maybe Now Once One Only Or Since Some Than Thanks"
    " To Too Today Tomorrow Yes Yesterday With Without While Until Unfortunately Meanwhile",
    "de": "Der Die Das Dies Den Dem Ein Er Sie Es Ich Wir Ihr Ihre Man In Im Am An Auf Aus Bei Bitte"
    " Damals Dann Danach Dort Soll Sollen Kann Können Wenn Was Wie Wo Wer Wann Warum Und Aber"
    " Oder Doch Nur Nach Vor Mit Für Haben Hat Ist Sind Möchten Passt Außerdem Heute Morgen",
    "fr": "Le La Les L' Un Une Des Il Ils Elle Elles On Je Nous Vous Ce Cet Cette Ces C'est Cela Ça Si"
    " Et Mais Ou Où Que Qui Quand Comment Pour Dans En Au Aux À Puis Voulez Son Sa Ses Tout Merci",
    "es": "El La Los Las Un Una Lo Le Se Su Sus Es Él Ella Ellos Yo Nos Usted Este Esta Esto Ese Eso Y"
    " O Pero Si Sí No Que Qué Cuando Como Para Por En De Ahora Luego Después También Fue Hay Quiere",
    "it": "Il Lo La I Gli Le Un Una È Ha Sono Si Se Ma E O Lui Lei Noi Voi Io Questo Questa Quello Che"
    " Chi Come Quando Dove Per In Con Non Poi Anche Vuole Suo Sua Ora Dopo Lì Qui Grazie",
    "pt": "O A Os As Um Uma Ele Ela Eu Nós Você É Foi Há Se E Mas Ou Este Esta Isto Isso Esse Que Quem"
    " Como Quando Onde Para Por Em No Na Não Sim Depois Também Agora Quer Seu Sua Está Fica",
    "ru": "Он Она Оно Они Я Мы Вы Это Этот Эта Эти Там Тут Тогда Потом Теперь Сейчас Но И А Или Если"
    " Когда Что Кто Как Где Почему В На С По За Для После Также Да Нет Хотите Его Её Их",
}
"""Words that begin sentences and seldom names."""
STARTERS: Final = {language: tuple(words.split()) for language, words in _STARTERS.items()}


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


AFTER_A_TIME: Final = _words(
    "Monday Tuesday Wednesday Thursday Friday Saturday Sunday Eastern Pacific Central Mountain"
    " Mon. Tue. Wed. Thu. Fri. Sat. Sun."
    " EST EDT PST PDT CST CDT MST MDT ET PT CT MT GMT UTC BST CET CEST JST"
)
MONTHS: Final = {
    "de": _words(
        "Januar Jänner Februar März April Mai Juni Juli August September Oktober November Dezember"
        " Jan Feb Aug Sep Okt Nov Dez Jahrhundert"
    )
}

_PARTICLES: Final = frozenset("とっをがはにのもでなやかだ")
_BEGIN_LIKE_PARTICLES: Final = _words(
    "とても ところ とにかく ともかく はい はじめ もし もう もちろん もっと でも ですが では なので"
    " なお なぜ なに なんて かれ かのじょ だから だが だけど やはり やっぱり"
)
_WHO: Final = frozenset("他她它我你您")
_SAYS: Final = frozenset("说问道答喊笑想")


_SHORT: Final = 3
_WITHOUT_SPACES: Final = "\u2e80"


def begins(text: str, words: Iterable[str]) -> bool | None:
    """Whether `text` begins with one of the words. Short ones must stand alone ("In", not
    "Institute"; "Her", not "Herbert"; nor the initial "A."); with longer ones nothing waits for the
    end of the word."""
    undecided = False
    for word in words:
        if text.startswith(word):
            rest = text[len(word) :]
            if _is_plain(word) or (rest and not _is_longer(word, rest[0])):
                return True
            undecided = undecided or not rest
        elif word.startswith(text):
            undecided = True
    return None if undecided else False


def _is_plain(word: str) -> bool:
    """Few names begin with "The", which is the most frequent; Japanese words have no end."""
    return len(word) > _SHORT or word == "The" or word > _WITHOUT_SPACES


def _is_longer(word: str, after: str) -> bool:
    return after.isalpha() or (len(word) == 1 and after == ".")


def starts_a_sentence(language: str, text: str) -> bool | None:
    return begins(text, STARTERS.get(language, ()))


def goes_on_after_a_quotation(language: str, text: str) -> bool | None:
    """Japanese and Chinese, without white space: 「…。」と言いました, “…？”她问."""
    if language == "ja":
        return _goes_on_with(text, _PARTICLES)
    if text[0] not in _WHO:
        return text[0] in "说问道的地"
    verb = text[1:].removeprefix("们")[:1]
    return verb in _SAYS if verb else None


def is_quoted_without_quotes(language: str, text: str) -> bool | None:
    """すごい！と思った."""
    return _goes_on_with(text, frozenset("とっ")) if language == "ja" else False


def _goes_on_with(text: str, particles: frozenset[str]) -> bool | None:
    if text[0] not in particles:
        return False
    other = begins(text, _BEGIN_LIKE_PARTICLES)
    return None if other is None else not other
