"""English. Its spoken rules are many, and loaded when English is first spoken."""

from common.text.language import Language
from common.text.spoken.rules import Rules

numbered = """no nos ok figs jan feb mar apr jun jul aug sep sept oct nov dec mon tue tues wed thu
  thur thurs fri sat sun fig me in art ill id ex fed ark del ref ore pa con la mass wash miss man
  ala cal arc gal sec min may ma mo ind eq eqs tab thm prop app par chap ht pop ps cor rom deut prov
  eph thess heb pet matt para paras cl bk pls sched elev proj bal dims ins pmt wk vit temp orig ep
  mag pub acct lic arts exh ver fn pg pgs amt qty Bus Stat Pen Lab Ann Isa Jer Ezek Chron"""
enders = "etc inc ltd co corp bros esq llc plc p.a"
units = """s h m g min mins hr hrs sec ft in lb lbs mi yd gal mph km kg mm cm yr yrs wk wks mos qt
  pt sq cu ea doz"""
abbreviations = """approx apt conf est incl excl vol vols ch tel max avg oz tsp tbsp rte ft ste jr
  sr civ proc admin natl intl assoc atty attn mgmt mgr deg avail ed emer trans supp inst Cal Soc Sec
  Am Dir"""
introduces = "e.g i.e cf vs viz mr mrs ms dr prof p.s n.b dep arr"
streets = "st ave blvd rd ln hwy pkwy sq ct pl"
lettered = """a an answer appendix block building choice class column exhibit figure gate grade group
  hall item letter line option part plan platform room rm. row section side table team terminal track
  type unit version vitamin wing zone"""
time_words = """at by from until till around about after before since on in this next every the and
  to today tomorrow tonight yesterday morning afternoon evening noon day jan feb mar apr jun jul aug
  sept sep oct nov dec monday tuesday wednesday thursday friday saturday sunday"""
starters = """The This That These Those There They Then It Its He His Her She We You Your My I A An
  In If On At As So No Not Our Their But And For What When Where Which Who Why How Do Does Did Can
  Could Would Should Shall Will May Is Are Was Were Has Have Had Please Let Lets After Before However
  Also All Another Both Each Every Here Maybe Perhaps Now Once One Only Or Since Some Someone
  Something Than Thanks Thank To Too Today Tomorrow Tonight Yes Yesterday With Without While Until
  Unfortunately Meanwhile Most Many Much Few Any Anyone Anything Everyone Everything Everybody Nobody
  Nothing None Neither Either Such Same Just Even Still Yet Soon Later Next Finally First Again
  Always Never Sometimes Usually Because Although Though Unless Whether Otherwise Instead Therefore
  Thus Besides Overall Actually Between During From Under By Of Other Others Okay Sorry Sure Don Isn
  Doesn Didn Won Couldn"""
inner_capitals = "I"
days = """Monday Tuesday Wednesday Thursday Friday Saturday Sunday Mondays Tuesdays Wednesdays
  Thursdays Fridays Saturdays Sundays Mon Tue Tues Wed Thu Thur Thurs Fri Sat Sun"""
phrases = """a link to {}|some {} code|some code|a table with {} columns|a table|an image|dot|at
  |done: {}"""


def spoken(_language: Language, region: str) -> Rules:
    from common.text.languages.en import rules  # noqa: PLC0415 - loaded at first use

    return rules.rules(region)


answers = """yes|yes please|yeah|yep|sure|ok|okay|go ahead|do it|yes do it|please do|confirm|yes send it
  |send it; no|no thanks|no thank you|nope|don't|do not|cancel|stop|don't send it|never mind"""
