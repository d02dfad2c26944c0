"""English abbreviations in full: titles before a name, streets after one, Latin, Roman numerals."""

from common.text.language import words_of
from common.text.languages.en.numbers import STARTERS, cardinal, ordinal, point
from common.text.spoken.rules import Group, Rules, any_of, full_words, read_rules, table

_TITLES = table("""Dr Doctor|Mr Mister|Mrs Missus|Prof Professor|Capt Captain|Sen Senator
  |Gov Governor|Rep Representative|Gen General|Lt Lieutenant|Sgt Sergeant|Col Colonel|Cpl Corporal
  |Maj Major|Cmdr Commander|Rev Reverend|Hon Honorable|Pres President|Mt Mount|Ft Fort|Ms Ms""")
_AFTER_A_NAME = table("""St. Street|Dr. Drive|Ave. Avenue|Blvd. Boulevard|Rd. Road|Ln. Lane|Hwy. Highway
  |Pkwy. Parkway|Sq. Square|Ct. Court|Pl. Place|Inc. Incorporated|Ltd. Limited|Corp. Corporation
  |Co. Company|Bros. Brothers|Jr. Junior|Sr. Senior|Univ. University|Dept. Department|Aves. Avenues""")
_IN_FULL = """e.g.=for example|i.e.=that is|vs.=versus|approx.=approximately|a.k.a.=also known as
  |lg.=large|incl.=including|excl.=excluding|dept.=department|govt.=government|w/=with|vs=versus
  |misc.=miscellaneous|avg.=average|max.=maximum|temp.=temperature|tel.=telephone|esp.=especially
  |appt.=appointment|est.=estimated|med.=medium|p.a.=per annum|y/y=year over year|opt.=optional
  |pop.=population|Conf. Rm.=Conference Room|w/o=without|qty.=quantity|Ctrl=Control|elev.=elevation
  |N/A=not applicable|n/a=not applicable|btw=by the way|ref.=reference|mins.=minutes|intl.=international
  |ea.=each|m/m=month over month|reg.=regular|inc.=including|dep.=departure|arr.=arrival|p/m=per month
  |bldg.=building|rm.=room|stn.=station|Asst.=Assistant|Pub. L.=Public Law|b/c=because|w/in=within
  |r/t=round trip|o/w=one way|p/w=per week|p/h=per hour|p/p=per person|c/o=care of|proj.=projected
  |a/c=account|bal.=balance|wt.=weight|dims.=dimensions|pkg.=package|rtn.=return|rtn=return|sgl.=single
  |btwn.=between|♀=women|♂=men|♀) /=women),|♂) /=men),|plat.=platform|adv.=advance|p.p.=per person
  |mtg.=meeting|mtg=meeting|mgr.=manager|YoY=year over year|nr.=near"""
_ANYWHERE = table(_IN_FULL, "=")
_SMALL = words_of("max. med. inc. nr. ♀ ♂")  # as they are written: "Max. Anna", "Apple Inc."
_ANYWHERE |= {k.capitalize(): v.capitalize() for k, v in _ANYWHERE.items() if k not in _SMALL}
_TIMES = table("""Jan. January|Feb. February|Aug. August|Sept. September|Oct. October|Nov. November
  |Dec. December|mo. month|yr. year|hr. hour|min. minimum|hrs. hours|wk. week|wk week|yr year""")
_KINGS = words_of("""Henry Louis Charles George Edward William James Richard Elizabeth Mary Philip Pius
  Paul Benedict Leo Napoleon Catherine Frederick Nicholas Peter Alexander Ivan Ferdinand Otto Clement
  Gregory Innocent John Francis Wilhelm Ramesses Harold Felipe""")
_COUNTED = words_of("""War Chapter Part Volume Act Scene Section Article Title Type Phase Stage Book
  Level Episode Class Category Appendix Bowl Rocky Grade""")
_NAMES = {
    "STREET": "(St|Ave|Blvd|Rd|Dr|Ln|Hwy|Way|Street|Avenue|Road|Boulevard|Drive|Lane|Place|Highway)",
    "TITLE": any_of(_TITLES),
    "SAINT": r"(?:Louis|James|John|Paul|Peter\w*|Mary|Franc\w*|Patrick|George|La\w*|Pan\w*|Helen)",
    "KING": any_of(_KINGS),
    "COUNTED": any_of(_COUNTED),
    "ROMAN": r"((?=[IVXL])(?:X{0,3}(?:IX|IV|V?I{0,3})|(?:XL|L)X{0,3}(?:IX|IV|V?I{0,3})))(?!\w)",
    "street": lambda short: _AFTER_A_NAME.get(f"{short}.", short),
    "counted": table("""c century|Fl floor|fl floor|min minute|qtr quarter|inn inning
  |pp pages|cm per month|w per week|p per person|dep deposit"""),
    "way": table("""N North|S South|E East|W West|NE Northeast|NW Northwest|SE Southeast
  |SW Southwest"""),
    "title": _TITLES,
    "arabic": lambda roman: cardinal(_figures(roman.upper())),
    "NUMBERED": r"passport|ref\.|reference|confirmation|acc\w{1,4}\.?|\w{4,5}ing|policy|order|invoice",
    "RULED": "of|in|had|was|ruled|reigned|died|won|became|followed|succeeded|defeated|signed|and",
    "point": point,
    "nth": lambda roman: ordinal(_figures(roman)),
}
_POINTED = r"""
[titles, saints]  [.DMPS](?:(?<=\.) ?[\w(&#$€£]|(?:rs?|t|rof)[ ])
(?<!\w)((?i:your|my|her|his|their|our|the|a) )Dr\.(?= [a-z])  =>  {1}doctor
(?<!\w)(Mrs?|Dr)\.(?= (?:and|or|&) (?:Mr|Mrs|Ms|Dr)\b)|(?<!\w)(Mrs?)\.(?= [A-Z])  =>  {1:title}{2:title}
(?<!\w)(?:({TITLE})\.|(Dr|Mrs?|Prof|Mt))(?= ?[A-Z][\w'’.-])(?! (?:Suite|Apt))  =>  {1:title}{2:title}
(?<!\w)([Cc])onf\. ?(?=#|[Nn]o|[Cc]ode)  =>  {1}onfirmation␣
(?<!\w)((?:[A-Z]\w{0,20}|\d{1,4}[snrt][tdh]) )St\.?(?= (?!{SAINT}s?\b)[A-Z][a-z])  =>  {1}Street{point}
(?<!\w)St\.?(?= [A-Z][a-z])  =>  Saint
(?<!\w)([Ee])st\.(?= (?:in )?(?:1[1-9]|20)\d\d(?!\d))  =>  {1}stablished
(?<!\w)(?<!\d )ca?\.(?= ?[$€£]?\d)  =>  circa
[numbered, counted]  \d(?:[srnt][tdh] [FfMmQqIic]| ?p[pcw]| est|.{,5} dep)|cl\.|[NS][EW](?!\w)| no\.
(?<!\w)((?i:{NUMBERED}) |\w++ (?=no\.(?:[,:]| (?:and|or|is|on|from|\(\d)\b)))no\.  =>  {1}number{point}
([$£€]\d[\d,.k]{,9}?) (?:sec\. )?p?((?<=p)(?:cm|w|p)|dep(?!\.? \d))\b\.?  =>  {1} {2:counted}{point}
(?:(?<=\d\d )(?=pp)|(?<=\d[srnt][tdh] ))(Fl|fl|min|qtr|inn|c|pp)\.(?! ?\d)  =>  {1:counted}{point}
(?<=[A-Za-z)] )([ie][nx])cl\.(?=[,;:)]|$)  =>  {1}cluded{point}
(?<!\w){STREET}\.? ([NS][EW])(?!\w)  =>  {1:street} {2:way}
[addresses]  [ ](?:Dr|St|Ave|Blvd|Rd|Ln|Hwy|Pkwy|Ct|Sq|[NS]?[EW]|[NS])(?!\w)
\b(\d{1,5} (?:[A-Z]\w{1,20} ){1,3})Dr\b\.?(?! [A-Z]\w+ (?:said|will))  =>  {1}Drive{point}
(?<=[a-z] )(St|Ave|Blvd|Rd|Ln|Hwy|Pkwy|Ct|Sq)(?=[,)]|$| (?:Apt|S[ut]|Unit|[#(a-z]))  =>  {1:street}
\b((?:I|[A-Z]{2}|Hwy|Route)[- ]\d{1,3})/?(\d*) ([NSEW])\b(?:\.(?= [a-z]))?  =>  {1} {2} {3:way}
\b([NS]?[EW]|[NS])\.? (?=of [A-Z]|Broadway|(?:\d+[snrt][tdh]|[A-Z]\w+(?: \w+)?) {STREET})  =>  {1:way}␣
(?<!\S)(\d{2,5} )(?:(?<=\d\d[1-9] )|(?!W))([NSEW])\. (?=[A-Z][a-z]|\d+[snrt][tdh]\b)  =>  {1}{2:way}␣
"""
_ROMAN = r"""
({KING}) (?!I(?!\w)(?! (?:{RULED})\b| \(|[,.;:!?)]|['’]s)){ROMAN}  =>  {1} the {2:nth}
(?<!\w)((?i:{COUNTED}|page|item)) ((?-i:[ivx]{1,5}|[IVX]{2,5}))(?!\w)  =>  {1} {2:arabic}
(?<!\w)(World War|(?:{COUNTED})(?! I(?!\w)(?! of\b|[,.;:…!?)]|$))) {ROMAN}  =>  {1} {2:arabic}
"""


def short_forms() -> Rules:
    """Return the rules. Roman numerals stand after a king or a counted noun; alone they are words."""
    pointed = (
        *read_rules(_POINTED, _NAMES),
        full_words(_AFTER_A_NAME, before=r"(?:^|(?<=[\w,.):] ))", ending=STARTERS),
        full_words({"etc.": "et cetera", "et al.": "and others"}, r"(?<![\w.])", ending=STARTERS),
        full_words(_TIMES, r"(?<![\w.])(?<!\d[ -])(?<!/(?=min))", r"(?!\.? ?\d)", ending=STARTERS),
        full_words(_ANYWHERE, before=r"(?<![\w.#])"),
    )
    shorts = r"[./♀♂ABCDEHLMNPRSWv](?:(?<=\W)|(?:[tqrsdn]|rs|rof|trl|ve|lvd|k?wy)?(?!\w))|wk|yr|tg"
    return Group(shorts, pointed), Group(r"[IVXLivx](?!\w)", read_rules(_ROMAN, _NAMES))


def _figures(roman: str) -> str:
    values = [{"I": 1, "V": 5, "X": 10, "L": 50}[letter] for letter in roman]
    following = [*values[1:], 0]
    return str(sum(-v if v < after else v for v, after in zip(values, following, strict=True)))
