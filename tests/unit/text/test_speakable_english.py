"""English as it is written, and as a person would say it."""

import pytest

from common.text.spoken.speakable import Speakable

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
    ("1.) The first item", "one: The first item."),
    ("- [x] Pack **your** bag", "done: Pack your bag."),
    ("- [ ] Pack", "Pack."),
    ("> To be or not to be.", "To be or not to be."),
    ("See [the guide](https://example.com/a_b(c)) now.", "See the guide now."),
    ("See [the guide][1] now.", "See the guide now."),
    ("![A cat](https://example.com/cat.png)", "an image: A cat"),
    ("![A cat](cat.png) It's mine.", "an image: A cat. It's mine."),
    ("The sky is blue [1].", "The sky is blue."),
    ("The sky is blue[^note].", "The sky is blue."),
    ("[1]: https://example.com", ""),
    ("Use `snake_case_name` here.", "Use snake case name here."),
    ('`print("hi.")` prints a greeting.', 'print("hi.") prints a greeting.'),
    ("Put it in a `<div>` tag.", "Put it in a div tag."),
    ("Line<br>break and <b>bold</b> &amp; more.", "Line break and bold and more."),
    ("A literal \\*star\\*.", "A literal star."),
    (
        "It&#8217;s &quot;fine&quot; &ndash; R&D&hellip; &nothing;",
        'It’s "fine" – R and D… and nothing;',
    ),
    ("$\\frac{1}{2}$ of $\\frac{7}{2}$", "one half of seven divided by two"),
    ("The angle is $90^\\circ$.", "The angle is ninety degrees."),
    ("$x^{10} + y^{n+1}$", "x to the power of ten plus y to the power of (n plus one)"),
    ("Name | Age", "Name, Age"),
]
ADDRESSES = [
    ("See https://example.com/docs/v2.1/start?ref=a.b&x=1.", "See a link to example dot com."),
    ("Read <https://www.example.org>!", "Read a link to example dot org!"),
    ("(https://example.com)", "(a link to example dot com)"),
    ("Visit www.nasa.gov.", "Visit nasa dot gov."),
    ("Go to robert.photography now.", "Go to robert dot photography now."),
    ("It is at robert.photography now.", "It is at robert dot photography now."),
    ("Visit louvre.museum today.", "Visit louvre dot museum today."),
    ("Go to docs.example.co.uk/start.", "Go to docs dot example dot co dot uk slash start."),
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
    ("$.99", "ninety-nine cents"),
    ("$3MM of $1.5T", "three million dollars of one point five trillion dollars"),
    ("$4.50/gal", "four dollars and fifty cents per gallon"),
    ("~$20", "about twenty dollars"),
    ("20-30 EUR", "twenty to thirty euros"),
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
    ('a 27" screen', "a twenty-seven inch screen"),
    ('8.5" x 11" paper', "eight point five inches by eleven inches paper"),
    ('"I am 27" he said', '"I am twenty-seven" he said'),
    (
        "1 million km over 36 mo. or 1 wk",
        "one million kilometers over thirty-six months or one week",
    ),
    ("3 m x 5 m", "three meters by five meters"),
    ("sugar and 3/4 tsp salt", "sugar and three quarters teaspoon salt"),
    ("2 3/4 tsp", "two and three quarters teaspoons"),
    (
        "5 µs, 3 ns, 8 kΩ, 2 Tbsp. oil",
        "five microseconds, three nanoseconds, eight kilohms, two tablespoons oil",
    ),
]
DATES = [
    ("2026-11-23", "November twenty-third, twenty twenty-six"),
    ("2026-11-23T14:30:00Z", "November twenty-third, twenty twenty-six at fourteen thirty UTC"),
    ("10:00:00.250Z", "ten o'clock UTC"),
    ("25/12/2026", "the twenty-fifth of December, twenty twenty-six"),
    ("12/25/2026", "December twenty-fifth, twenty twenty-six"),
    ("5/12/2026", "five twelve, twenty twenty-six"),
    ("Jan. 5", "January fifth"),
    ("Jan. 5-7", "January fifth to seventh"),
    ("July 4th, 1776", "July fourth, seventeen seventy-six"),
    ("5 May 2026", "the fifth of May, twenty twenty-six"),
    ("the 5th of May", "the fifth of May"),
    ("Sun., Feb. 3", "Sunday, February third"),
    ("Mon-Fri", "Monday to Friday"),
    ("Mon.–Fri. 9–5", "Monday to Friday nine to five"),
    ("Tue, Thu & Sat", "Tuesday, Thursday and Saturday"),
    ("Jan–Mar 2025", "January to March twenty twenty-five"),
    ("May 5–Jun 3", "May fifth to June third"),
    ("on 5–7 May", "on the fifth to the seventh of May"),
    ("from the 5–7 May", "from the fifth to the seventh of May"),
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
    ("noon–3 PM, 8 AM – noon", "noon to three PM, eight AM to noon"),
    ("1990–present", "nineteen ninety to present"),
    ("19:15–21:45", "nineteen fifteen to twenty-one forty-five"),
    ("a 3 o'clock and a 4:15", "a three o'clock and a four fifteen"),
    ("3:05:01", "three hours five minutes one second"),
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
    ("4.5/5 or 3/5 stars", "four point five out of five or three out of five stars"),
    ("24/7", "twenty-four seven"),
    ("Version 1.2.3", "Version one point two point three"),
    ("v2.1", "version two point one"),
    ("Python 3.8–3.12", "Python three point eight to three point one two"),
    ("Python 3.11", "Python three point eleven"),
    ("192.168.0.1", "one hundred ninety-two dot one hundred sixty-eight dot zero dot one"),
    ("555-123-4567", "five five five, one two three, four five six seven"),
    (
        "+1 (555) 123-4567",
        "plus one, five five five, one two three, four five six seven",
    ),
    ("(020) 7946-0123", "zero two zero, seven nine four six, zero one two three"),
    ("(415) 555-0132", "four one five, five five five, zero one three two"),
    ("(2) Dry it.", "two: Dry it."),
    ("+49 170 1234567", "plus four nine, one seven zero, one two three four five six seven"),
    ("555.123.4567 x89", "five five five, one two three, four five six seven extension eight nine"),
    ("Boston, MA 02108", "Boston, MA zero two one zero eight"),
    ("Your account number is 12345.", "Your account number is one two three four five."),
    ("Order #48213", "Order number four eight two one three"),
    ("94103-1234", "nine four one zero three, one two three four"),
    ("We order 5000 a year.", "We order five thousand a year."),
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
    ("Episode V", "Episode five"),
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
    ("x < 5 and y > 3", "x is less than five and y is greater than three"),
    ("foo==1.2.3", "foo equals one point two point three"),
    ("File → Save", "File, then Save"),
    ("a -> b", "a to b"),
    ("C# and C++", "C sharp and C plus plus"),
    ("We are #1", "We are number one"),
    ("costs <$10", "costs less than ten dollars"),
    ("in 2024 <5 came", "in twenty twenty-four less than five came"),
    ("Go to Settings > Privacy > More.", "Go to Settings, then Privacy, then More."),
    ("A > B", "A is greater than B"),
    ("up ↑ 5%, down ↓$3", "up up five percent, down down three dollars"),
    ("high 9°C / low 2°C", "high nine degrees Celsius, low two degrees Celsius"),
    ("10 / 2 = 5", "ten divided by two equals five"),
    ("2x + 5 = 3x − 1", "two x plus five equals three x minus one"),
    ("3x^2 - 1", "three x squared minus one"),
    (
        "3 × 10^8 or 3x10⁻⁴",
        "three times ten to the power of eight or three times ten to the power of minus four",
    ),
    ("10²³ and x⁴", "ten to the power of twenty-three and x to the power of four"),
    ("~5 minutes", "about five minutes"),
    ("x^2", "x squared"),
    ('`??` keeps `0` and `""`.', "question mark question mark keeps zero and empty string."),
    ("`:.2f` or `:.3e`", "colon dot two f or colon dot three e"),
]
WITH_A_SECOND_SENSE = [
    (
        "Use 1/250 s or 1/500 s.",
        "Use 1/250 s or 1/500 s.",
    ),
    ("A 1/60 shutter", "A 1/60 shutter"),
    (
        "I scored 17/20 and got 45/50.",
        "I scored seventeen out of twenty and got forty-five out of fifty.",
    ),
    ("IPV (1/4), a quarter (1/4)", "IPV (one of four), a quarter (one quarter)"),
    ("C♯m, F#m and B♭m7", "C sharp minor, F sharp minor and B flat minor seven"),
    ("2 x M6 bolts", "two M6 bolts"),
    ("a sub-4:00 finish", "a sub-four finish"),
    ("20 M☉", "twenty solar masses"),
    ("½at² and ½mv²", "one half a t squared and one half m v squared"),
    ("P = VI ≈ 0.17 W", "P equals VI, or about zero point one seven watts"),
]
CASES = [
    *PROSE, *MARKDOWN, *ADDRESSES, *EMOJI_AND_MARKS, *MONEY, *UNITS, *DATES, *TIMES, *NUMBERS,
    *ABBREVIATIONS, *SYMBOLS, *WITH_A_SECOND_SENSE,
]  # fmt: skip


@pytest.mark.parametrize(("written", "said"), CASES)
def test_it_is_said_as_a_person_would(written: str, said: str) -> None:
    assert Speakable("en").say(written) == said


@pytest.mark.parametrize("said", [said for _, said in CASES])
def test_what_can_be_said_stays_as_it_is(said: str) -> None:
    assert Speakable("en").say(said) == said


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en-US", "May twelfth, twenty twenty-six"),
        ("en-GB", "the fifth of December, twenty twenty-six"),
    ],
)
def test_the_country_decides_which_is_the_month(language: str, said: str) -> None:
    assert Speakable(language).say("5/12/2026") == said


def test_what_stays_undecided_is_left_as_written() -> None:
    assert (
        Speakable("en").say("About 17/35, total time ~3:00") == "About 17/35, total time about 3:00"
    )


def test_a_dotted_time_is_read_in_britain() -> None:
    said = Speakable("en-GB").say('The next one\'s 8.20, "back by 11.30."')
    assert said == 'The next one\'s eight twenty, "back by eleven thirty."'
