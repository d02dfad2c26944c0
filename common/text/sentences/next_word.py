"""What the next word says: whether it begins a sentence, or goes on with the one before.

It is asked as soon as its first token is there, and nobody waits for more: a word that comes in
several tokens is known by four letters.
"""

import re
from typing import Final

_WORD: Final = re.compile(r"[^\W\d_]+")


_QUARTER: Final = re.compile(r"[NS][EW]\b")
_TELLING: Final = 4


def _words(*lists: str) -> frozenset[str]:
    """These, and their beginnings."""
    words = [word for words in lists for word in words.split()]
    return frozenset(
        word[:end] for word in words for end in {len(word), *range(_TELLING, len(word))}
    )


_STARTERS: Final = {
    "en": _words(
        "The This That These Those There They Then It Its He His Her She We You Your My I A An"
        " In If On At As So No Not Our Their But And For What When Where Which Who Why How Do Does"
        " Did Can Could Would Should Shall Will May Is Are Was Were Has Have Had Please Let Lets"
        " After Before However Also All Another Both Each Every Here Maybe Perhaps Now Once One Only"
        " Or Since Some Someone Something Than Thanks Thank To Too Today Tomorrow Tonight Yes"
        " Yesterday With Without While Until Unfortunately Meanwhile Most Many Much Few Any Anyone"
        " Anything Everyone Everything Everybody Nobody Nothing None Neither Either Such Same Just"
        " Even Still Yet Soon Later Next Finally First Again Always Never Sometimes Usually Because"
        " Although Though Unless Whether Otherwise Instead Therefore Thus Besides Overall Actually"
        " Between During From Under By Of Other Others Okay Sorry Sure Don Isn Doesn Didn Won Couldn"
    ),
    "de": _words(
        "Der Die Das Dies Diese Dieser Dieses Den Dem Des Ein Eine Einen Er Sie Es Ich Wir Ihr Ihre"
        " Ihren Man Mein Meine Sein Seine Unser Unsere In Im Am An Auf Aus Bei Bis Bitte Damals"
        " Damit Dann Danach Danke Daher Dafür Davor Dazu Denn Deshalb Doch Dort Durch Soll Sollen"
        " Kann Können Wenn Weil Was Wie Wo Wer Wann Warum Welche Welcher Und Aber Oder Ob Nur Nach"
        " Nicht Noch Nun Ohne Schon Sehr So Um Unter Über Von Vor Vorher Während Mit Für Gegen Haben"
        " Hat Ist Sind War Waren Wird Werden Möchten Muss Müssen Darf Passt Außerdem Heute Hier"
        " Gestern Morgen Jetzt Jede Jeder Jedes Kein Keine Alle Alles Also Als Auch Ab Leider Seit"
        " Seitdem Später Trotzdem Zu Zum Zur Zwei Zwischen"
    ),
    "fr": _words(
        "Le La Les Un Une Des Il Ils Elle Elles On Je Nous Vous Ce Cet Cette Ces Cela Ça Si Et Mais"
        " Ou Où Que Qui Quand Comment Pour Dans En Au Aux À Avec Sans Sur Puis Voulez Son Sa Ses"
        " Votre Vos Leur Tout Tous Merci Après Avant Alors Ainsi Est Sont Faut Pourquoi Depuis"
        " Ensuite Voici Voilà Oui Non Aussi Chez Chaque Plus Pas"
    ),
    "es": _words(
        "El La Los Las Un Una Lo Le Les Se Su Sus Es Él Ella Ellos Yo Nos Usted Este Esta Esto Estos"
        " Estas Ese Esa Eso Y O Pero Si Sí No Que Qué Cuando Cuándo Como Cómo Dónde Quién Para Por"
        " En De Del Al Con Sin Ahora Luego Después Antes También Fue Hay Está Están Son Ha Quiere"
        " Puede Todo Todos Aquí Allí Además Así Entonces Gracias Hoy Mañana Ayer Más Muy Mi Tu"
    ),
    "it": _words(
        "Il Lo La I Gli Le Un Una È Ha Hanno Sono Si Sì No Non Se Ma E O Lui Lei Noi Voi Loro Io"
        " Questo Questa Quello Quella Che Chi Come Quando Dove Perché Per Con Senza In Di Da Dal Del"
        " Al Nel Poi Anche Vuole Può Suo Sua Ora Dopo Prima Lì Qui Grazie Oggi Domani Ieri Ogni"
        " Tutto Tutti Era"
    ),
    "pt": _words(
        "O A Os As Um Uma Ele Ela Eles Elas Eu Nós Você Vocês É Foi Era São Há Se E Mas Ou Este Esta"
        " Isto Isso Esse Essa Que Quem Como Quando Onde Porque Para Por Em No Na Nos Nas Do Da De"
        " Com Sem Não Sim Depois Antes Também Agora Aqui Quer Pode Seu Sua Está Fica Hoje Amanhã"
        " Ontem Tudo Todos Obrigado Obrigada"
    ),
    "ru": _words(
        "Он Она Оно Они Я Мы Вы Ты Это Этот Эта Эти Там Тут Тогда Потом Теперь Сейчас Но И А Или"
        " Если Когда Что Кто Как Где Куда Почему В Во На С Со По За Из От До У К О Об Для После"
        " Перед Также Да Нет Не Хотите Его Её Их Наш Ваш Мой Все Всё Сегодня Завтра Вчера Уже Ещё"
        " Можно Нужно Вот Здесь Затем Поэтому Спасибо Пожалуйста При Без"
    ),
}
"""Words that begin sentences and seldom names."""

_DAYS: Final = _words(
    "Monday Tuesday Wednesday Thursday Friday Saturday Sunday",
    "Mondays Tuesdays Wednesdays Thursdays Fridays Saturdays Sundays",
    "Mon Tue Tues Wed Thu Thur Thurs Fri Sat Sun",
)
_ZONES: Final = _words(
    "Eastern Pacific Central Mountain",
    "EST EDT PST PDT CST CDT MST MDT ET PT CT MT GMT UTC BST CET CEST JST IST",
)
MONTHS: Final = {
    "de": _words(
        "Januar Jänner Februar März April Mai Juni Juli August September Oktober November Dezember",
        "Jan Feb Mär Apr Jun Jul Aug Sep Sept Okt Nov Dez Jahrhundert Jahrhunderts",
    )
}


def begins(text: str, words: frozenset[str]) -> bool:
    """Whether the first word, or what there is of it, is one of these."""
    word = _WORD.match(text)
    return word is not None and word[0] in words


def belongs_to_a_time(before: str, after: str) -> bool:
    """As in "at 5 p.m. EST" and "at 5 p.m. Monday", but not in "Sunday at 5 p.m. Monday"."""
    if begins(after, _DAYS):
        return _DAYS.isdisjoint(_WORD.findall(before))
    return begins(after, _ZONES)


def belongs_to_a_street(text: str) -> bool:
    """As in "Pennsylvania Ave. NW"."""
    return _QUARTER.match(text) is not None


def starts_a_sentence(language: str, text: str) -> bool:
    return begins(text, _STARTERS.get(language, frozenset()))
