"""Formulas keep their values and signs in each language."""

import pytest

from tests.unit.text.spoken import speakable

FRACTIONS = [
    (r"$x = \frac12$", "x equals one half"),
    (r"$\frac34 x$", "three quarters x"),
    (r"$\frac{1}2$ and $\frac1{2}$", "one half and one half"),
    (r"$\frac{1} {2}$ and $\frac 12$", "one half and one half"),
    (r"$\tfrac23$ and $\cfrac{1}{x}$", "two thirds and one divided by x"),
    (r"$\frac ab$", "a divided by b"),
    (r"$\frac\pi2$ and $\frac{\pi}2$", "π divided by two and π divided by two"),
    (r"$A = \dfrac{1}{2}bh$", "A equals one half b h"),
    (r"$\frac{n}{2}(a_1 + a_n)$", "n divided by two times (a one plus a n)"),
    (r"$\frac12\left(a+b\right)h$", "one half times (a plus b)h"),
    (r"$\frac{d}{dx}x^3$", "d over d x of x cubed"),
    (r"$\frac{d}{dx}(3x)$", "d over d x of (three x)"),
    (
        r"$1/\lambda^4$ and $1/r^2$",
        "one divided by λ to the power of four and one divided by r squared",
    ),
    (r"$n/2$ and $(a+b)/c$", "n divided by two and (a plus b) divided by c"),
    (
        r"$\frac{x^{2}}2$ and $\frac1{x^{2}}$",
        "(x squared) divided by two and one divided by (x squared)",
    ),
    (r"$\sqrt{2}/2$", "the square root of two divided by two"),
    (r"$x^2/2$ and $x^{2}/2$", "x squared divided by two and x squared divided by two"),
    (r"$9.8 m/s^2$", "nine point eight meters per second squared"),
]
PLAIN_FIGURES = [
    (r"$\frac{2}{3}$ of $90$ is $60$.", "two thirds of ninety is sixty."),
    ("So $3.14$, $1,000$ and $-2$.", "So three point one four, one thousand and minus two."),
    ("$2 + 3$ and $1/x$", "two plus three and one divided by x"),
    (r"$^{14}\mathrm{C}$ and ${}^{14}C$", "fourteen C and fourteen C"),
    ("$2(x+1)$ and $3x - 2$", "two times (x plus one) and three x minus two"),
    ("$90°$", "ninety degrees"),
    (
        "$5k and $6k, $5/kg",
        "five thousand dollars and six thousand dollars, five dollars per kilogram",
    ),
    (r"$\begin{array}{cc} a & b \end{array}$", "a, b"),
    ("in $[0, 1)$ now", "in zero, one, now"),
    ("It costs $5, $6 or $7.", "It costs five dollars, six dollars or seven dollars."),
    ("$5 + $6 is $11", "five dollars plus six dollars is eleven dollars"),
    ("($5) now", "(five dollars) now"),
]
SIGNS = [
    (r"$x < 5 \iff -2 < x$", "x is less than five if and only if minus two is less than x"),
    (r"$a \Leftrightarrow b$", "a if and only if b"),
    ("P(A|B) and $E[X|Y]$", "P(A given B) and E X given Y"),
    (r"$p(x|\theta)$", "p(x given θ)"),
    ("P(rain | clouds) is high", "P(rain given clouds) is high"),
    ("f(|x|)", "f(the absolute value of x)"),
    (r"$\lvert x \rvert = 3$", "the absolute value of x equals three"),
    (r"$\tan^{-1}(1)$ and $\sin^{-1} x$", "arctan (one) and arcsin x"),
    (r"$\arctan x + \sinh y$", "arctan x plus sinh y"),
    (r"$\bar{x} = 5$ and $\bar y$", "x bar equals five and y bar"),
    (r"$\hat{p}$ and $\hat\theta$", "p hat and θ hat"),
    (r"$\overline{AB}$", "A B"),
    (r"$\triangle ABC$", "triangle A B C"),
    (r"$x \not= y$, $x \not\in A$", "x is not equal to y, x not in A"),
    (r"$p \land q$, $a \ll b$", "p and q, a is much less than b"),
]
PRODUCTS = [
    (r"$5000\left(1 + r\right)$", "five thousand times (one plus r)"),
    ("$P = 2(l + w)$", "P equals two times (l plus w)"),
    ("$A = P(1 + r)^t$", "A equals P times (one plus r) to the power of t"),
    (r"$\log_2(8) = 3$", "log base two of (eight) equals three"),
    (r"$f(2) = 3$ and $\sin^2(x)$", "f(two) equals three and sin squared(x)"),
]


@pytest.mark.parametrize(("written", "said"), [*FRACTIONS, *PLAIN_FIGURES, *SIGNS, *PRODUCTS])
def test_a_formula_keeps_its_values(written: str, said: str) -> None:
    assert speakable(written, "en-US") == said


EVERYWHERE = (
    r"$x = \frac12$, $\dfrac{1}{2}bh$, $90$, $a \iff b$, $P(A|B)$, "
    r"$\tan^{-1}(1)$, $\bar{x}$, $|x - 3|$"
)


@pytest.mark.parametrize(
    ("language", "said"),
    [
        (
            "de",
            (
                "x gleich 1/2, 1/2 b h, 90, a genau dann, wenn b, P(A gegeben B), arctan (1), x quer, "
                "Betrag von (x − 3)"
            ),
        ),
        (
            "fr",
            (
                "x égale 1/2, 1/2 b h, 90, a équivaut à b, P(A sachant B), arctan (1), x barre, "
                "valeur absolue de (x − 3)"
            ),
        ),
        (
            "es",
            (
                "x igual a 1/2, 1/2 b h, 90, a si y solo si b, P(A dado B), arctan (1), x barra, "
                "valor absoluto de (x − 3)"
            ),
        ),
        (
            "it",
            (
                "x uguale a 1/2, 1/2 b h, 90, a se e solo se b, P(A dato B), arctan (1), x barrato, "
                "valore assoluto di (x − 3)"
            ),
        ),
        (
            "pt-BR",
            (
                "x igual a 1/2, 1/2 b h, 90, a se e somente se b, P(A dado B), arctan (1), x barra, "
                "módulo de (x − 3)"
            ),
        ),
        ("ar", "x = 1/2, 1/2 b h, 90, a ⇔ b, P(A ∣ B), arctan (1), x‾, ‖(x − 3)"),
    ],
)
def test_a_formula_has_the_words_of_its_language(language: str, said: str) -> None:
    assert speakable(EVERYWHERE, language) == said


BESIDE_LETTERS = [
    (
        "ja",
        "二次方程式$x^2 - 5x + 6 = 0$を解くと$x = 2, 3$です。",
        "二次方程式xの2乗 − 5 xたす6イコール0を解くとxイコール2, 3です。",
    ),
    (
        "zh",
        "解方程$x^2 - 5x + 6 = 0$，得$x = 2$或$x = 3$。",
        "解方程x的2次方 − 5 x加6等于0，得x等于2或x等于3。",
    ),
    ("zh", "公式为：$E=mc^2$是$90$度。", "公式为：E等于m c的2次方是90度。"),
    ("ko", "방정식 $x = 2$을 풀면 $y = 3$이에요.", "방정식 x 는 2을 풀면 y 는 3이에요."),
    ("hi", "समीकरण $x = 2$को हल करें।", "समीकरण x बराबर 2को हल करें।"),
    ("th", "สมการ$x^2 - 4 = 0$มี", "สมการx² − 4 = 0มี"),
    ("ja", "半径$r$の円の面積は$\\pi r^2$です。", "半径rの円の面積は π rの2乗です。"),
    ("ja", "勾配は$\\frac{3}{4}$、切片は$-2$です。", "勾配は 3/4、切片は−2です。"),
    ("ja", "料金は$5から$10、$1=150円です。", "料金は$5から$10、$1イコール150円です。"),
    ("zh", "价格为$5到$10。", "价格为$5到$10。"),
]


@pytest.mark.parametrize(("language", "written", "said"), BESIDE_LETTERS)
def test_a_formula_may_touch_letters_of_scripts_without_spaces(
    language: str, written: str, said: str
) -> None:
    assert speakable(written, language) == said
