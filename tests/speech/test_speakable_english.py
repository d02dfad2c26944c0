"""English as it is written, and as a person would say it."""

import pytest

from common.speech.speakable import speakable

pytest.importorskip("num2words")

PROSE = [
    ("Yes!", "Yes!"),
    ("I don't think so.", "I don't think so."),
    ("It's Anna's well-known book; she wrote it.", "It's Anna's well-known book; she wrote it."),
    ('She said, "I\'ll be there."', 'She said, "I\'ll be there."'),
    ("NASA and the FBI are ALL CAPS.", "NASA and the FBI are ALL CAPS."),
    ("The U.S. economy and Washington D.C. grew.", "The U.S. economy and Washington D.C. grew."),
    ("J. R. R. Tolkien wrote it.", "J. R. R. Tolkien wrote it."),
    ("I think I may march in May.", "I think I may march in May."),
    ("I sat. Sun is out.", "I sat. Sun is out."),
    ("", ""),
    ("   \n ", ""),
    ("---", ""),
    ("🙏", ""),
]
MARKDOWN = [
    ("**Great news!**", "Great news!"),
    ("This is *very* __important__, ~~maybe~~.", "This is very important, maybe."),
    ("***Both*** and un*believ*able.", "Both and unbelievable."),
    ("# Summary", "Summary."),
    ("### Next steps ###", "Next steps."),
    ("- Call the clinic", "Call the clinic."),
    ("* Book a taxi.", "Book a taxi."),
    ("1. Budget review from Anna", "one: Budget review from Anna."),
    ("2) Lunch", "two: Lunch."),
    ("- [x] Pack **your** bag", "Pack your bag."),
    ("> To be or not to be.", "To be or not to be."),
    ("See [the guide](https://example.com/a_b(c)) now.", "See the guide now."),
    ("See [the guide][1] now.", "See the guide now."),
    ("![A cat](https://example.com/cat.png)", "an image: A cat"),
    ("The sky is blue [1].", "The sky is blue."),
    ("The sky is blue[^note].", "The sky is blue."),
    ("[1]: https://example.com", ""),
    ("Use `snake_case_name` here.", "Use snake case name here."),
    ('`print("hi.")` prints a greeting.', 'print("hi.") prints a greeting.'),
    ("Put it in a `<div>` tag.", "Put it in a div tag."),
    ("Line<br>break and <b>bold</b> &amp; more.", "Line break and bold and more."),
    ("A literal \\*star\\*.", "A literal star."),
    ("Name | Age", "Name, Age"),
]
ADDRESSES = [
    ("See https://example.com/docs/v2.1/start?ref=a.b&x=1.", "See a link to example dot com."),
    ("Read <https://www.example.org>!", "Read a link to example dot org!"),
    ("(https://example.com)", "(a link to example dot com)"),
    ("Visit www.nasa.gov.", "Visit nasa dot gov."),
    ("Go to docs.example.co.uk/start.", "Go to docs dot example dot co dot uk."),
    (
        "Please write to jane.doe@mail.example.co.uk for help.",
        "Please write to jane dot doe at mail dot example dot co dot uk for help.",
    ),
    ("a_b-c@x.org", "a underscore b dash c at x dot org"),
    ("Ask @jane about #summer.", "Ask at jane about hashtag summer."),
    ("Open main.py and report.pdf.", "Open main dot py and report dot pdf."),
    ("I prefer Node.js.", "I prefer Node dot js."),
]
EMOJI_AND_MARKS = [
    ("I can't open that file 😅.", "I can't open that file."),
    ("Could you send it again? 🙏", "Could you send it again?"),
    ("Family 👨‍👩‍👧, flag 🇩🇪, thumbs 👍🏽!", "Family, flag, thumbs!"),
    ("Step 1️⃣ is done ✅", "Step one is done"),
    ("One -- or two", "One — or two"),
    ("H₂O", "H2O"),
    ("Wow!!! Really?!", "Wow! Really?"),
    ("Well... let me think.", "Well… let me think."),
]
MONEY = [
    (
        "Your balance is $1,234.56.",
        "Your balance is one thousand two hundred thirty-four dollars and fifty-six cents.",
    ),
    ("The minimum is $35.00.", "The minimum is thirty-five dollars."),
    ("It made $4.5 million.", "It made four point five million dollars."),
    ("$1 or $0.99?", "one dollar or ninety-nine cents?"),
    ("€9.99", "nine euros and ninety-nine cents"),
    ("9,99 €", "nine euros and ninety-nine cents"),
    ("£3.01", "three pounds and one penny"),
    ("¥500", "five hundred yen"),
    ("₹1,00,000", "one hundred thousand rupees"),
    ("20 USD", "twenty dollars"),
    ("EUR 20", "twenty euros"),
    ("$5k", "five thousand dollars"),
    ("$1.5M", "one point five million dollars"),
    ("$5–10", "five to ten dollars"),
    ("$10/month", "ten dollars per month"),
    ("-$5", "minus five dollars"),
    ("99¢", "ninety-nine cents"),
    ("a $50 gift card", "a fifty dollar gift card"),
    ("Ph.D. students pay $0.", "Ph.D. students pay zero dollars."),
]
UNITS = [
    ("5 km", "five kilometers"),
    ("1 km", "one kilometer"),
    ("a 5 km run", "a five kilometer run"),
    ("a 10-mile walk", "a ten-mile walk"),
    ("72°F", "seventy-two degrees Fahrenheit"),
    ("-5 °C", "minus five degrees Celsius"),
    ("20–25°C", "twenty to twenty-five degrees Celsius"),
    ("1.8 GB", "one point eight gigabytes"),
    ("200 g", "two hundred grams"),
    ("1.5 tsp. of salt", "one point five teaspoons of salt"),
    ("30 %", "thirty percent"),
    ("5% under", "five percent under"),
    ("5-10%", "five to ten percent"),
    ("50 m²", "fifty square meters"),
    ("100 km/h", "one hundred kilometers per hour"),
    ("60 mph", "sixty miles per hour"),
    ("1.5 GB/s", "one point five gigabytes per second"),
    ("about 12 min. on foot", "about twelve minutes on foot"),
    ("It weighs 10 lbs. Lift it.", "It weighs ten pounds. Lift it."),
    ("6 ft 2 in tall", "six feet two inches tall"),
    ("6'2\"", "six foot two"),
    ("2h 30m", "two hours thirty minutes"),
    ("45° N", "forty-five degrees north"),
    ("2.4 GHz", "two point four gigahertz"),
]
DATES = [
    ("2026-11-23", "November twenty-third, twenty twenty-six"),
    ("2026-11-23T14:30:00Z", "November twenty-third, twenty twenty-six at fourteen thirty"),
    ("25/12/2026", "the twenty-fifth of December, twenty twenty-six"),
    ("12/25/2026", "December twenty-fifth, twenty twenty-six"),
    ("5/12/2026", "five twelve twenty twenty-six"),
    ("Jan. 5", "January fifth"),
    ("Jan. 5-7", "January fifth to seventh"),
    ("July 4th, 1776", "July fourth, seventeen seventy-six"),
    ("5 May 2026", "the fifth of May, twenty twenty-six"),
    ("the 5th of May", "the fifth of May"),
    ("Sun., Feb. 3", "Sunday, February third"),
    ("Mon-Fri", "Mon-Fri"),
    ("Mon-Fri 9-5", "Monday to Friday nine to five"),
    ("in May 2026", "in May twenty twenty-six"),
    ("in 1999", "in nineteen ninety-nine"),
    ("since 2005", "since two thousand five"),
    ("1905", "nineteen oh five"),
    ("1999-2005", "nineteen ninety-nine to two thousand five"),
    ("the 1990s and '80s", "the nineteen nineties and eighties"),
    ("2000 photos", "two thousand photos"),
]
TIMES = [
    ("at 5 p.m. on Tuesday", "at five p.m. on Tuesday"),
    ("at 9:30 a.m.", "at nine thirty a.m."),
    ("5pm", "five p.m."),
    ("14:30", "fourteen thirty"),
    ("9:05", "nine oh five"),
    ("9:00", "nine o'clock"),
    ("18:00", "eighteen hundred"),
    ("9-11 a.m.", "nine to eleven a.m."),
    ("19:15–21:45", "nineteen fifteen to twenty-one forty-five"),
    ("a 3 o'clock and a 4:15", "a three o'clock and a four fifteen"),
    ("3:05:01", "three oh five and one second"),
]
NUMBERS = [
    ("3.14", "three point one four"),
    ("1,200 people", "one thousand two hundred people"),
    ("1000000", "one million"),
    ("1,234,567", "one million two hundred thirty-four thousand five hundred sixty-seven"),
    ("-3", "minus three"),
    ("007", "zero zero seven"),
    ("5th and 23rd", "fifth and twenty-third"),
    ("the 1,000th", "the one thousandth"),
    ("3-5 days", "three to five days"),
    ("10 - 3", "ten minus three"),
    ("1/2", "one half"),
    ("3/4", "three quarters"),
    ("1 1/2 cups", "one and a half cups"),
    ("2½ hours", "two and a half hours"),
    ("8/10", "eight out of ten"),
    ("24/7", "twenty-four seven"),
    ("Version 1.2.3", "Version one point two point three"),
    ("v2.1", "version two point one"),
    ("Python 3.11", "Python three point eleven"),
    ("192.168.0.1", "one hundred ninety-two dot one hundred sixty-eight dot zero dot one"),
    ("555-123-4567", "five five five, one two three, four five six seven"),
    (
        "+1 (555) 123-4567",
        "plus one, five five five, one two three, four five six seven",
    ),
    ("Call 911 now.", "Call nine one one now."),
    ("Your code is 482913.", "Your code is four eight two nine one three."),
    ("a 50-50 split", "a fifty fifty split"),
    ("Order #A-1234-5678", "Order number A-one two three four, five six seven eight"),
    ("10x faster", "ten times faster"),
    ("1920x1080", "nineteen twenty by one thousand eighty"),
    ("Gate B12, CO2, 5G, Apt. 4B", "Gate B12, CO2, 5G, Apartment 4B"),
    ("Henry VIII and Elizabeth II", "Henry the eighth and Elizabeth the second"),
    ("World War II", "World War two"),
    ("Chapter IV", "Chapter four"),
    ("12345678901234567890", " ".join("one two three four five six seven eight nine zero".split() * 2)),  # noqa: SIM905 - read as one
]  # fmt: skip
ABBREVIATIONS = [
    ("Welcome back, Dr. Smith.", "Welcome back, Doctor Smith."),
    ("Mr. and Mrs. Jones, Ms. Wu", "Mister and Missus Jones, Ms Wu"),
    ("Prof. Lee, Capt. Reyes", "Professor Lee, Captain Reyes"),
    ("Turn left on Main St.", "Turn left on Main Street."),
    ("It is on Main St. Then walk.", "It is on Main Street. Then walk."),
    ("St. James's Park", "Saint James's Park"),
    ("Visit St. Louis.", "Visit Saint Louis."),
    ("on 5th Ave. in town", "on fifth Avenue in town"),
    ("fruit, e.g. apples", "fruit, for example apples"),
    ("too, i.e. any", "too, that is any"),
    ("salt, etc. and eggs", "salt, et cetera and eggs"),
    ("Salt, etc. Then eggs.", "Salt, et cetera. Then eggs."),
    ("€7.49 vs. last week", "seven euros and forty-nine cents versus last week"),
    ("approx. 200 g", "approximately two hundred grams"),
    ("Invoice no. 42 from Acme Inc.", "Invoice number forty-two from Acme Incorporated."),
    ("No. 5", "number five"),
    ("No.", "No."),
    (
        "Fig. 3 on p. 27 (see Sec. 4.2)",
        "Figure three on page twenty-seven (see Section four point two)",
    ),
    ("Martin Luther King Jr. and hope", "Martin Luther King Junior and hope"),
    ("It's due Oct. Then go.", "It's due October. Then go."),
]
SYMBOLS = [
    ("Cats & dogs", "Cats and dogs"),
    ("Q&A", "Q and A"),
    ("2 + 2 = 4", "two plus two equals four"),
    ("8+ characters", "eight plus characters"),
    ("3 * 4", "three times four"),
    ("x < 5 and y > 3", "x less than five and y greater than three"),
    ("foo==1.2.3", "foo equals one point two point three"),
    ("File → Save", "File to Save"),
    ("a -> b", "a to b"),
    ("C# and C++", "C sharp and C plus plus"),
    ("We are #1", "We are number one"),
    ("costs <$10", "costs less than ten dollars"),
    ("~5 minutes", "about five minutes"),
    ("x^2", "x squared"),
    ("and/or he/she", "and or he or she"),
]
CASES = [
    *PROSE, *MARKDOWN, *ADDRESSES, *EMOJI_AND_MARKS, *MONEY, *UNITS, *DATES, *TIMES, *NUMBERS,
    *ABBREVIATIONS, *SYMBOLS,
]  # fmt: skip


@pytest.mark.parametrize(("written", "said"), CASES)
def test_it_is_said_as_a_person_would(written: str, said: str) -> None:
    assert speakable(written, "en") == said


@pytest.mark.parametrize("said", [said for _, said in CASES])
def test_what_can_be_said_stays_as_it_is(said: str) -> None:
    assert speakable(said, "en") == said


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en-US", "May twelfth, twenty twenty-six"),
        ("en-GB", "the fifth of December, twenty twenty-six"),
    ],
)
def test_the_country_decides_which_is_the_month(language: str, said: str) -> None:
    assert speakable("5/12/2026", language) == said
