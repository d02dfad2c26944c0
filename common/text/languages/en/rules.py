"""The spoken rules of English, in their order: a rule precedes those that would split its matches."""

from typing import Any

from common.text.languages.en import dates, identifiers, measures, numbers
from common.text.languages.en.short_forms import short_forms
from common.text.spoken.rules import Group, Rules, read_rules

_SIGNS = r"""
[brackets]  \d\)[ ]["“']?[^\W\d_]|['’′]\(|[\d){VULGAR}]\(|(?<!\w)[A-Za-z]\(
(?<=[A-Za-z'’′])['’′](?=['’′]{0,2}\()  =>  ␣prime␣
(?<![\w.])(?<!log )(\d[\d.,]{0,6}|[{VULGAR}])(?=\((?:-?\d[\d.]{0,6}\) ?(?:[+=−×^]|- ?\d)|{PLUS}))
    =>  {1} times␣
(?<=[\w²³]\))(?=\({PLUS})|(?<!\w)([abckmnrxy](?=\({PLUS})|P(?=\(1 ?[-+−]))  =>  {1} times␣
(?<![\w.$€£(–-])(\d\d?)\) (?=["“']?[^\W\d_])  =>  {item}
[arrows]  [>▸▶►›→⇒➜➔⟶]
[ ]?(?:-{1,2}>|==?>(?! ?\d)|[⇒➜➔⟶])[ ]?  =>  ␣→␣
((?:{STEP}[^>→;,=\n]{1,60}?(?={STEP})){1,12}{STEP})  =>  {1:chain}
(?<=[\w"”]["”\w]) [>▸▶►›] (?=["“]?[A-Z][a-z])|(?<!\w)({MENU}["”]?) → (?=["“]?[A-Z])  =>  {1}, then␣
[signs beside words]  [#↑▲↓▼|♯♭⁺⁻−–]|[ ]/|-(?![\w-])
((?i:\b(?:at|to|of|is|by|from|and|or|about|below) )|[=(] ?|[a-z:] (?=–[\d.]++ ?[°%]))–(?=\d)  =>  {1}−
(?<=[A-Za-z)\]₀-₉])([²³]?)([⁺⁻])(?!\w)  =>  ␣{1:lowered} {2:lived}
(?<![\w-])(AB?|B|O)[-−–](?![\w–-])  =>  {1} negative  near [Bb]lood|[Tt]ype|[Dd]onor
(?<=\b[A-G][♯♭#])m(\d?)(?!\w)  =>  ␣minor {1}
(?<!\w)([A-G])#  =>  {1} sharp
(?<=\w )#(?=:| is)|(?<=\. )#(?=:)|(?<=[a-z]{3}[ntykgd] )#(?!\w)  =>  number
(?<=\d) / (?=[$€£]?[\d.,]+[a-z ]{0,9}[²³]? ?[=≈×])  =>  ␣divided by␣
(?<=\d) / (?=\d)  =>  /
\|([-−]?\w{1,4}(?: \w)?(?: ?[-−+] ?\w{1,4}(?: \w)?)?)\|  =>  ␣the absolute value of {1}␣
[sums]  [∏-∫≈-≥=+^²³*×÷<>±·⁰¹⁴-⁹]| - |\([a-z]?-|[CT]-\d|\d[xyz]\b|\) ?/|[1d]\w?/[a-zα-ω]|minus|l[io][mg]
([∫∑∏]) ?([^→,∫∑∏]{1,40}) → ([^,]{1,40}),  =>  {1:bounded} from {2} to {3} of
(?<!\w)lim ([^→,]{1,20}?) ?→ ?([^,\s]{1,12}|[^,]{1,20}(?=,)),?  =>  the limit as {1} approaches {2} of
(?<!\w)d ?[÷/] ?d ?([a-z])(?: of)?(?= ?[\w(\[])  =>  d over d {1} of␣
(?<!\w)d([a-z]) ?[÷/] ?d([a-z])(?!\w)  =>  d {1} d {2}
(?<!\w)log ?(2|10|[₂₁₀]{1,2}) ?(?=[\w(\[])  =>  log base {1:lowered} of␣
(?<!\w)([fghA-EM])(?:⁻¹|\^\(?[-−]1\)?)(?![\w.])  =>  {1} inverse
(?<=[{VULGAR}])([a-z]{2}(?=[²³])|(?=[a-z]))  =>  ␣{1:letters}
(?:(?<=[+=(×÷-])|(?<=[+=×÷-] )|(?<!\S)(?=1/))([A-Za-z1])/(?=[A-Za-zα-ω](?!\w))  =>  {1} over␣
(?:(?<=[\d)])|(?<=[\W\d][knr]))!(?= ?[=×÷/]|[()])  =>  ␣factorial
(?<=[(=±×÷^]) ?- ?(?=(?:[a-z]|log|ln|sin|cos|tan)(?![a-z])|\d{1,3}/\d|[{VULGAR}])  =>  ␣minus␣
(?<!/)[ ]?− ?|(?<=\([a-z])-(?=[a-z\d]{1,3}\))  =>  ␣minus␣
(?<![\w'])(?<!\d )(ab|ac|[abc][xy]|xyz?|d[xyt]|m[cg]|[nkr]t)(?=[²³^)]| ?[+=−])  =>  {1:letters}
(?<=[A-Zy] = )([bcdfghlmpqrv][abcdfgmpqtvx])(?![\w'])  =>  {1:letters}
(?<=\d)/(?=\d{1,3}[.,]\d)|(?:(?<=\.\d)|(?<=\.\d\d)|(?<=,\d{3}))/(?=\d{2,4}(?<!10))  =>  ␣÷␣  near [=≈×)]
(?:{TERM}|(?<=\^\d)|(?<![^\W\d_][a-z]\))(?<=[\w²³]\))) - (?=\d|{VARIABLE})  =>  ␣minus␣
(?<![\w.:])(\d++)(?!m[²³])([a-z])(?= ?[+=^²³*×÷≤≥≠<>−]| - | minus | {1,3}d ?[xyt]\b)  =>  {1:number} {2}
([=≈÷+−] ?[\d.,]+){X}|(?<=\d)((?: ?[A-Za-z"″%]{1,12})?){X}(?=(?:[^;:,.\n]|[,.]\d){,40}[=≈÷+−])
    =>  {1}{2} times␣
(?<![\w.:$£€])(\d++)x(?![\w×]| \d)  =>  {1:number} x  near (?<!\w)(?<!\d )x(?!\w| \d)
(?<=\d)(?:·(?=\d)| ?[x×] ?(?=10[\^⁻⁰¹²³⁴-⁹])| ?(?=√))  =>  ␣times␣
(?<=[\d²³]) · (?=\d[\d.,²³^]{,9}(?! ?[A-Za-z]{2}))  =>  ␣times␣  near [=≈²³^]|roduct|ultipl
(?:(?<=[²³])|(?<=\^[23]))-(?=\d)|(?<=\d) - (?=\([-−\d])|(?<=UTC|GMT)[-−](?=\d)  =>  ␣minus␣
[comparisons, powers]  [=<>≤≥≠≈^²³→↔⇔{NAMED}]|!=
(=(?:[^=→.;\n]|\.\d){1,30}?) ?→ ?(?=[^.;→=]{1,20}=|[A-Za-z])| ?→ ?(?=[a-zA-Z]\w{0,9} =)  =>  {1}, so␣
→  =>  ␣to␣
[<=!>]==?|[=<>≤≥≠≈]  =>  {compared}
(?<=[\d)])([²³])|(?<=[\w)])\^([23])(?!\d)  =>  ␣{1:_RAISED_BY}{2:_RAISED_BY}
(?<=[\w)])\^ ?(?=[\w(-])  =>  ␣to the power of␣
\^  =>  ␣
([{NAMED}])  =>  ␣{1:_SIGNS}␣
"""
_FIGURES = r"""
[points, Rm 5]  \. ?(?:\d|[A-Z]{1,4}-?\d)|\d['’]\d|(?:Rm|Bldg|Apt|Ste|[Ee]xt|Yr|[Ww]ks?|Mo) \d
(?<![\w.])\.(?=\d)  =>  0.
\b((?:{NUMBERED})(?=\.)|Rm|Bldg|Apt|Ste|ext|Yr|[Ww]ks?|Mo)(?:\. ?| )(?=[A-Z]*-?\d)  =>  {1:_NUMBERED}␣
(?<!\w)(\d{1,3}(?:['’]\d{3})++)(?!\d)  =>  {1:with_commas}
(?<![\w.])(\d\d?)\.([0-5]\d)(?=(?: ?[-–] ?\d\d?(?:\.\d\d)?)? ?[AaPp]\.?[Mm](?!\w))  =>  {1}:{2}
[rare forms]  {RARE}
(?<=[a-z] )(\d{1,3}):(\d{1,3})[-–](\d{1,3})(?![\w:]| ?[ap]\.?m)  =>  {1:number} {2:number} to {3}
(?<![\w.,$€£¥/-])(#?)(\d{8,20}(?:/\d{1,6})?+)(?<!0000)(?![\w%/]|[.,:-]\w| ?=)  =>  {1:put}␣{2:coded}
(?<![\w.])(?i:doi:? ?)?(10\.\d{4,9}/[\w./()-]{0,80}\w)  =>  DOI {1:coded}
(?<![\w:-])({HEX}{8}(?:-{HEX}{4,12}){4}|{HEX}{2}(?::{HEX}{2}){5})(?![\w-]|:\w)  =>  {1:coded}
(?<!\w)(\d{2,3}/\d{2,3}) ?mm ?Hg(?!\w)  =>  {1} millimeters of mercury
(?:(?<= in )|(?<=e of )|(?<![\w–-])(?=.?.:.. ?/))(\d\d?(?::\d\d)++)(?!\.?\w| ?[ap]\.?m)  =>  {1:lasted}
(?:(?<=Room )|(?<=Suite )|(?<=Apartment )|(?<=Unit )|(?<=Law ))(\d{1,4})-(?=[\dA-Z])  =>  {1:number}␣
(?<!\w)(Route |Hwy |[A-Z]{3,5} (?=\d{3}))(\d{1,3})([A-Z])(?!\w)  =>  {1}{2:number} {3}
(?:(?<!\w)(?:[•xX]{2,20}+[ -]?)++|(?<=[(a-z ])(?:\.{3}|…)(?=\d{4}\b)|(?<=isa )x|(?<=ard )x)(\d{3,6})\b
    =>  ending in {1:spelled}
(?:(?<![\w.])x(?=\d{3})|(?<=[-.]\d{4}) ?x ?)(\d{2,5})(?!\w)  =>  ␣extension {1:spelled}
(?<=\d) ?st,?(?= \d\d? ?lb)|(?:(?<=[02-9½¼¾])|(?<=11)|(?<=[½¼¾] ))st(?!\w)(?:\.(?= [a-z]))?  =>  ␣stone
(?<=\w )[x×] (?=\d{1,3} (?:day|week|hour|month|dose|night)s?(?!\w)(?![^.;\n]{,30}[×=]))  =>  for␣
(?<=[\d{VULGAR}] )(T(?=\. [a-z])|c(?=\.(?:[ ,;)/]|$))|pt(?=\. [a-z]))\.  =>  {1:put}
(?<!\w)({STANDARD})[ :-]{1,2}(\d{3,9}(?:[:.-]\d{1,6}){0,3})(?!\w)  =>  {1} {2:coded}
(?<!\w)(\d)[x×]([2-8]|1[02])s(?!\w)  =>  {1:number} by {2:tens}
(?:(?<=[A-Za-z]-)(?<!\ds-)|(?<=[Ss]ize )|(?<!\w)(?=\d\d[1-9]s))(\d{1,3})s(?!\w)  =>  {1:tens}
(?:(?<=\()|(?<=, ))([rbd])\. ?(?=(?:c\. ?)?1\d{3}|\d\d?/\d)  =>  {1:lived}␣
(?<=\d)(:\d\d ?|)([ap])(?!\w|\.[a-z])(?:\.(?!\S))?  =>  {1} {2}.m.  near [-–:][\d:]{1,5}[ap]\b
(?<=\d)['′’]? ?[x×] ?(\d{1,4})['′’](?!\w)  =>  ␣by {1} ft
[dates]  [- /.–'’\dADFJMNOSTW](?:(?<=[-/.–'’])\d|(?<=\d)-|(?<=0)['’]?s|(?<= )10\d\d|(?<=\w){NAME_ENDS})
(?:(?<=/\d\d)|(?<=/20\d\d)|(?<=\d0s)) ?{DASH} ?(?=\d\d?/\d\d?/\d\d|['’]?(?:\d\d)?\d0['’]?s)  =>  ␣to␣
{START}(?<!-)(\d{4})([-/.])(0?[1-9]|1[0-2])\2{DAY}(?:(T)(?=\d\d:)|{NO_MORE})
    =>  {3:month_number} {4:ordinal}, {1:year}{5:at}
{START}(?<!/)(0?[1-9]|1[0-2])/((?:19|20)\d\d){NO_MORE}  =>  {1:month_number} {2:year}
{START}(\d{1,2})(?:([/.-])(\d{1,2})\2(\d{4})|/(\d{1,2})/(\d\d)){NO_MORE}  =>  {numeric}
(?<![\w/.,])()(\d\d?/\d\d? ?{DASH} ?\d\d?/\d\d?)(?![\w/]|[.,]\d)  =>  {days}
(?<![\w/.,])()(\d\d?/\d\d?(?=,? (?:(?:at |@ |from )?\d\d?(?::|\d/| ?[AaPp]\.?[Mm]| ?[-–])|{EVENT})))
    =>  {days}
(?<![\w/.,])()({ASIDE}|{HEADING}|(?<!ge |de |ep |rt |ck |s  )(?:0[1-9]/[0-3]?\d|\d?\d/0[1-9]){NO_MORE})
    =>  {days}
{DAY_FOLLOWS}(\d\d?/\d\d?(?:(?: ?{DASH} ?|,? (?:to|and|or|&) |, )\d\d?/\d\d?){,6}+){NO_MORE}  =>  {days}
(?<=\d) ?{DASH} ?(?={MONTH} {DAY}(?!\d))|(?<=[a-z.]){DASH}(?={DAY}{NTH} {MONTH}(?!\w))  =>  ␣to␣
{START}(?:[Tt]he )?{DAY} ?{DASH} ?(?={DAY} {MONTH}(?!\w))  =>  the {1:ordinal} to␣
{START}{DAY}[ -]{SHORT_MONTH}[ -](\d\d)(?!\w|[.,:]\d| [a-z])  =>  the {1:ordinal} of {2:month}, {3:yy}
(?<!\w){MONTH} {DAY}{NTH}(?: ?{DASH} ?{DAY}{NTH})?(?:,? ([12]\d{3}))?(?![\w%°]|[.,:/]\d)
    =>  {1:month} {2:ordinal}{3:until}{4:in_year}
{START}(?:[Tt]he )?{DAY}{NTH} (?:of )?{MONTH}(?:,? ([12]\d{3}))?(?!\w|[.,]\d)
    =>  the {1:ordinal} of {2:month}{3:in_year}
(?<!\w)(?:{MONTH} |((?:[QH]\d|FY)) ?)['’](\d\d)(?!\w)  =>  {1:month}{2} {3:yy}
(?<!\w){MONTH} {YEAR}{NO_MORE}  =>  {1:month} {2:year}
(?<!\w)['’](\d\d)(?![\w'’])  =>  {1}
{START}((?:1[1-9]|20)\d0)['’]?s(?!\w)  =>  {1:tens}
(?:(?<=[Ii]n )|(?<=til )|(?<=nce ))(10\d\d)(?![\w%°]|[.,:/-]\d| [a-z])  =>  {1:year}
{START}(10\d\d)[-–](1[01]\d[1-9])(?![\w/–-]|[.,:]\d)  =>  {1:year} to {2:year}
{START}(1\d{3}|20\d\d)([-–/])(\d\d)(?![\w/–-]|[.,:]\d)  =>  {years}
(?:\b({AGE}[ -])|\B(?=['’])|(?<=s to ))['’]?(\d?\d0)['’]?s\b  =>  {1}{2:tens}
[telephone numbers, codes]  \d\d|\d ?[A-Z\d()#＃-]|[A-Z]-?\d|[#№°º＊]
{START}(\d\d?)([WLD])(?!\w)  =>  {1:number} {2:put}  near \d\d?W[ ,/–-]{1,3}\d\d?[LD]\b
{START}(\d{1,2}(?:\.5)?)(?:\.0)? GB(?= (?:in the [A-Z]|of (?:first|1st)))  =>  {1:number} games back
((?i:room|suite|flight|train)(?: is)? |\b[A-Z]{2} )(?!\d000)([1-9]\d{3}){NO_MORE}  =>  {1}{2:pairs}
(?<!\w)0[xX]([\da-fA-F]{2,16})(?!\w)  =>  zero x, {1:coded}
(?<!\w)([A-Z]{2}\d\d(?: ?[A-Z\d]{4}){2,7}(?: ?[A-Z\d]{1,3})?)(?!\w)  =>  {1:in_fours}
(?<![\w.,＊])([＊＃#]{0,2}\d[\d＊]{0,12}[＃#]|＊\d{1,6})(?!\w)  =>  {1:keys}
(?<!\w)\+(?=(?:[ .()-]{0,2}\d){7,15}(?!\d))(\d{1,3}(?:[ .-]?\(\d++\))?(?:[ .-]\d++){1,6}|\d++)(?!\w)
    =>  plus {1:grouped}
(?<![\w.,$€£¥/-])(?<!\d\) )(?<!\d\))(#?)(?!\d\d?(?![\w-])){VALUE}  =>  {after_noun}
(\d-\d{4}\D{1,9}|\b(?i:call|dial|text|ring) \D{,20})(\d{7}|\d{3} \d{3})(?! ?\w)  =>  {1}{2:grouped}
(?<!\w)((?i:{ENDING}) )(\d{3,6})(?!\w|[-.]\d| \d\d)  =>  {1}{2:spelled}
(?<![\w.,$€£-]){HELP}(?![\w-]|[.,]\d)  =>  {1:spelled}  near \b(?i:emerg|urgent|call|dial|text|ring|nhs)
(?<=[:s] |.["“])(\d{4,8})(?!\w|[.,:/-]\d)  =>  {1:spelled}  near (?:OTP|PIN|CVV|ode|ext)\D*[:s"“].?\d
(?:(?<=[ N](?!U[^T]|E)[A-Z]{2} )|(?<=D\.C\. ))(\d{5})(?!\w|-\d)  =>  {1:spelled}
(?<![\w-])((?:1-)?\d{3})-([A-Z]{2}[A-Z\d-]{2,9}|(?<=-8\d\d-)[A-Z]\w{2,9})(?![\w-])  =>  {1:grouped}, {2}
(?:[Hh]ex #|#(?<![\w&]#))(?=(?:[\dA-F]{6}|[\da-f]{5}\d)(?!\w))(?=\d{0,5}[A-Fa-f])  =>  hex␣
(?<=[A-Z]-)(\d{3,}+(?:-\d++)*+)(?!\w)  =>  {1:grouped}
(?<![\w.,:/$€£¥-])({SEPARATED})(?![\w/%]|[.,:]\d|-\w|[ ]\d|[-–]| ?=| [-–] ?\d)  =>  {telephone}
(?<!\w)((?i:your|the|and) (?=10[49])|[Ff]orms? |(?=1\d{3}-[A-Z]))([1-9]\d{3})(?!\d)  =>  {1}{2:pairs}
(?<!\w)(\d)(\d\d)\(([a-z])\)(?:\((\d)\))?  =>  {1:cardinal} {2:pair} {3} {4:cardinal}
(?<=\d)\(([a-mA-M])\)(?:\((\d\d?)\))?  =>  ␣{1} {2:cardinal}
(?<![\w&])#(?!\d000)([1-9]\d{3})(?![\w-]|[.,:]\d)  =>  number {1:pairs}
(?<![\w&])(?:#|(?:№|[Nn][°º]) ?)(?=\d|[A-Z]{1,4}-[a-z]|[A-Z]\d{1,3}\b)  =>  number␣
[money]  [$€£¥₹₩₽฿₿₱₺₪₦₴₫¢]|[A-Z]{3}|zł|Rs|\d,\d\d(?!\d)
(?<![\w.,])(\d{1,3}(?:[. ]\d{3}){1,4}),(\d\d)(?![\w,])  =>  {1:with_commas}.{2}
(?<!\w)\$([A-Z]{1,2})\$(\d{1,5})(?!\w)  =>  dollar {1}, dollar {2:number}
(?<!\w)(MXN|CAD|AUD|NZD|HKD|SGD|USD) ?\$(?=\d)  =>  {1}␣
{START}({NUMBER}){DASH}(?={NUMBER} ?{MONEY}(?!\w))  =>  {1:number} to␣
{START}(?<![$€£¥₹]){MINUS}{SUM} ?({MONEY})(?!\w)  =>  {1}{4}{2}{3}
(?<!\w){MINUS}({MONEY}) ?{MINUS}{SUM}(?:( ?[-–] ?|—){MONEY}?{SUM})?(\+?){PER}(?!\w)  =>  {amount}
[versions]  \d\.[\dxX]|[vV]\d|-(?:alpha|beta|rc|dev)
(?:(?<=ersion )[vV]|(?<![\w.])([vV]?))(\d++(?:\.\d++){2,}+)(?::(\d{2,5}))?(?!\w)  =>  {version}
(?<!\w)((?:{RELEASES}) )(\d++)\.(\d\d)(?!\w|[.,]\d)  =>  {1}{2:cardinal} point {3:cardinal}
(?<![\w/])(?:[vV]er\. ?|v ?|V(?=\d++\.\d))({NUMBER})(?!\w)  =>  version {1:number}
[fractions]  \d/\d|f/\d|[{VULGAR}]
(?<!\w)((?:{TITLES}) |[A-Z]{2,6} \()(\d{1,3})/(\d{1,3})(?![\w/])  =>  {1}{2} of {3}
{START}(\d{1,4}\.\d{1,2})/(?=(?:[4-7]|10|20|100)(?:\.0)?(?![\w/]|[.,]\d))  =>  {1} out of␣
(?<![\w/.,])(\d{1,3})/(\d{1,3})/(\d{1,3})(?![\w/])  =>  {1:hour}, {2:hour}, {3:hour}
{START}(?!\d/\d\b)(\d{1,3})/(\d\d?)(?![\w/])  =>  {1:number} for {2:number}  near icket|\d ov|took \d/\d
{START}(?![123]/[234]\b|50/)(\d{1,3})/(\d\d?)(?![\w/])  =>  {1:number} to {2:number}  near odds|ourite
(?<![\w/.,"])((?:\d{1,3}[ -])?\d{1,2}/(?:2|4|8|16|32))["″](?= ?[A-Za-z×]|[).,;]|$)  =>  {1} inch
(?<=[{VULGAR}]) ?[–-] ?(?=[\d{VULGAR}])|(?<=\d) ?[–-] ?(?=[{VULGAR}])  =>  ␣to␣
(?<![\w/.,])(?:(\d{1,3})[ -])?(\d{1,4})/(\d{1,5})(?<!/20\d\d)(?![\w/]|[.,]\d)  =>  {fraction}
(?<![\w/.,])(?:(\d{1,3}) ?)?([{VULGAR}])(["″](?= ?[A-Za-z×)]|[.,;]|$)|)  =>  {vulgar}{3:inch}
[ranges, sizes]  [-–—x×]
(?<!\w)((?:{TITLES}) \d{1,3}) [–—-] (?=\d[\d.,]*+ ?(?!(?:of|and|to|[ap]\.?m)\b)[A-Za-z])  =>  {1},␣
(?<![\w.,:/–-])(\d{1,3}(?: ?[-–] ?\d{1,3}){2,9})(?![\w–-]|[.,]\d|%| *equals)  =>  {1:listed}
(?<![\w.,:-])({NUMBER})( ?[-–—] ?)(?=({NUMBER})(?!\d)( {1,2}equals)?)  =>  {between}
(?=[ –—-]){AFTER} ?[-–—] ?(?=\d++(?!(?![ap]\.?m)\w| [a-z]{3}|:1\b)|noon|midnight)  =>  ␣to␣
–(?:(?<=\d.)(?=[$€£A-Za-z])|(?<=[a-z].)(?=\d))|-(?<=\d.)(?=[$€£])|[-–](?<=°[CF].)(?=\d)  =>  ␣to␣
(?<=\d)(?: x |x|×| × (?=[\d. ×]{1,20}(?:[cm]?m|in|ft|px|["″]|photo)(?!\w))|(?<=\d{3}) × (?=\d{3}))(?=\d)
    =>  ␣by␣
{START}(\d\d?) [x×] (?=[A-Z]\w)  =>  {1}␣
{START}(?<![$€£])({NUMBER})[x×](?!\w){PER}  =>  {1:number} times{2:per}
[clock times]  \d(?::\d| ?[AaPp]\.?[Mm])
(?<=\d) ?([ap])\.?m(?!\w)\.?  =>  ␣{1}.m.
(?<=:\d\d)(?:\.\d{1,6})?Z(?!\w)  =>  ␣UTC
{START}(\d?\d:\d\d)(?!:)(?:(?<=\b0:..)|(?<=:00)(?= mile)|(?=(?: to .{4,5})? ?(?:/ ?[km]|per|pace|min)))
    =>  {1:lasted}
{START}(?<=.){NO_CLOCK}(\d\d?:00)(?![\w:]| ?[ap]\.?m)  =>  {1:lasted}  near {TIMED}
{START}(?<!:)((?:2[5-9]|[3-9]\d):\d\d)(?![\w:])  =>  {1:lasted}  near [Tt]ime|[Pp]ace|mile|P[RB]\b|\d ?K
\b((?:Psalms?|Proverbs|Genesis|Exodus|Isaiah|[A-Z]\w{2,9}(?:ew|hn|ns)) \d{1,3}):(?=\d(?!\d))  =>  {1}␣
{START}(?<!:)(\d{1,4}):(\d{1,3}(?:,\d{3})*)(?![\w:]| ?.[mM])  =>  {1:number} to {2:number}  near {RATIO}
{START}(?<!:)(\d\d?:\d\d(?::(?!00)\d\d(?:\.\d{1,6})?|\.\d{1,6}))(?!\w| ?[ap]\.?m)  =>  {1:lasted}
{START}([01]?\d|2[0-4]):([0-5]\d)(?::00(?:\.0{1,6})?)?{HALF}?(?!\w|:\d)  =>  {time}
{START}(0?[1-9]|1[0-2]){HALF}  =>  {1:hour}␣{2}
{START}(?<!:)(\d{1,3}):(\d{1,3})(?![\w:])  =>  {1} to {2}
[feet, inches, durations]  \d ?(?:[″"'′’hm]|ft|in)|[x×] ?\d
(\d)[°º] ?(\d\d?)['′’] ?(?:(\d\d?(?:\.\d++)?)(?:["″”]|'') ?)?([NSEW]\b)?
    =>  {1}° {2:hour} minutes{3:seconds} {4:north}
(\d ?(?:["″'′]|(?:[cm]?m|in\.?|ft\.?)(?= ))) ?([WHDL])(?= ?[x×]|[,;).]|$)
    =>  {1} {2:side}  near [x×] ?\d
{START}({NUMBER}) in(?=[,:]| ?[x×]| {1,2}(?:eq|wi|de|ta|hi|lo|pl))  =>  {1}″  near ″|in ?[x×]|ft|cm|inch
(\d ?(?:{UNIT}|["″])(?: [DHW])?|wide|deep|high|long|feet|inch)(?<![²³]) ?(?:x|(?<![gzpblLs]) ?×) ?(?=\d)
    =>  {1} by␣
(?<![\w.])(\d\d?)['′’] ?(\d{1,2})(?:["″”]|'')  =>  {1:number} foot {2:number}
{START}(\d{1,3})['′](?=[ -](?!and |or |pen|won)[a-z])  =>  {1} ft
{START}(\d{1,2}) ?ft\.? (\d{1,2}) ?in(?!\w)\.?  =>  {1} ft {2}″{point}
{START}(\d{1,4})(?:h(?=\d\d\b)| ?hr?s? ?(?=\d\d? ?m))(\d\d?)(?: ?m[inutes]{,6})?\b  =>  {1} h {2} min
{START}(\d{1,4}) ?m(?:in)? ?(\d{1,2}) ?s(?:ec)?(?!\w)  =>  {1} min {2} s
{START}(\d{1,3})m(?= (?:left|ago|late|early|read|drive|walk|ride|break|call|timer|each)\b)  =>  {1} min
{START}(?<!")({NUMBER})(?:″(?!\w)|"(?=[ -]{1,2}[A-Za-z(]| ?[x×]|[).,;/]|$))  =>  {inches_mark}
[degrees]  [°º℃℉]|degrees [CF]|\d[CF](?!\w)
{START}(\d\d\d?)(?=[CF](?:/\d|(?!\w)))  =>  {1}°  near (?i:oven|bak|heat|roast|fan|temp|out|°)
{START}{MINUS}({NUMBER}){MANY} ?(?:(?:[°º] ?|degrees )([CFKNSEW])|([℃℉°º]))(?!\w)  =>  {degree}
[units]  [%A-Za-zµμΩ★⭐″"]
[ -]pt(?:(?<=\d-pt)\b\.?|(?<=\d pt)(?= (?:font|type|text|lead|favorite|underdog)))  =>  -point
{START}({NUMBER}) ?(hrs?|wks?|mos?|yrs?|mins?)(?=['’] [a-z])  =>  {1:number} {2:plural}
/(?:(?<=lb/|bs/|oz/|kg/)(?=[\d,]+ (?:sq|ac))|(?<=sp/|oz/)(?=(?!1 )\d+ (?:gal|q|L)))  =>  ␣per␣
/(?:(?<=llars/|cents/)|(?<=[a-z]{4}/)(?<![nmtc]s/|rs/|es/))(?=\d+ ?(?:lb|k?g\b|gal|L|mo|hr))  =>  ␣per␣
/(?:(?<=[\d mck]g/|al/|mL/)(?=\d{,4} ?(?:m?[lLg]|k?m)\b)|(?<=[a-z]/)(?=\d\d? ?[hd]r?s?\b))  =>  ␣per␣
/(?:(?<=[a-z]{2}/|[\d Bm][A-Zg]/|[a-z]\./)(?=\d[\d,.]* ?[°A-Za-z])|(?<=[a-z\d]/)(?=[$€£]\d))  =>  ,␣
{START}({NUMBER})(?=/(?:km|mi|sq|m|d?L|kg|min|sec|s|h|hr|{EACH})[²³]?(?!\w)){PER}  =>  {1:number}{2:per}
([AN])(?<=\d[ -].|.\d.)(?![\w'’·-])  =>  {1:put}  near (?i:amp|fuse|breaker|volt|plug|force)|0\.\d+ A
{START}{MINUS}({NUMBER}) ?%(?!\w){PER}  =>  {1:minus}{2:number} percent{3:per}
{START}{MINUS}({NUMBER}) g(?!\w)  =>  {1:minus}{2:number} g  near gravit|m/s²|ccel|[Gg]-force
{START}(?<![A-Z]-)(?<!R\d. )(?<!\bm (?=\d m)){MINUS}({NUMBER}){MANY}[ -]?({UNIT})(?![\w°²³'’]){PER}(\.?)
    =>  {measure}
(?<=per )({UNIT})(?!\w)(?:\.(?= [a-z]))?  =>  {1:singular}
({SOME}{PART}) ({UNIT})(?!\w| \w(?:[²³^]| squ))\.?  =>  {1} {2:plural}{point}
(?<!\w)({PART}) ({UNIT})(?!\w| \w(?:[²³^]| squ))\.?  =>  {1} {2:singular}{point}
[thousands]  \d(?:\+|[kKM]|bn)
{START}({NUMBER})\+ ?({UNIT})(?!\w)(?:\.(?= [a-z]))?{PER}  =>  {1:number} plus {2:plural}{3:per}
{START}([1-9]0?0?|15)k\b  =>  {1:number} K  near \b(?i:run|race|p[br]\b|mara)|(?:he|a|my|ou?r?) [15]0?k
{START}({NUMBER})(k|M(?! [A-Z][a-z])|bn|K(?=[+/]| (?:a |mi|ste|[fpw]o)))\b  =>  {1:number} {2:_SCALES}
[numbers]  \d
(?<![\w.,])(?=\d[\d,.]*+(?:/[A-Z]|[-–/:×x_'’*]\d))(\d\w*+(?:[,.:/×'’*–-]\w++)*+)  =>  {1:as_written}
(?<![\w.,$€£#/-])([1-9]\d|[1-9](?=\d\d \d))(\d\d)(?= {TO_STREET})  =>  {1:cardinal} {2:hundreds}
{START}(?<!In |By |ce |ng |il |of |Q\d |FY |er |H\d ){YEAR}(?= {PLURAL})  =>  {1:number}
{START}{YEAR}(?![\w%°]|[.,]\d)  =>  {1:year}
(?<![\w.,])(\d{1,3}(?:,\d{3})++|\d++)(?:st|nd|rd|th|ST|ND|RD|TH)(?!\w)  =>  {1:ordinal}
(?<!\w)(?<!\d[.,]){MINUS}({NUMBER})(?!\w|,\d)  =>  {1:minus}{2:number}
"""
_OTHER_SIGNS = r"""
(?<!\w)#(?=[^\W\d_])(?!N/A|DIV/|[A-Z]{3,6}[!?])  =>  hashtag␣
[ ]?&&? ?  =>  ␣and␣
\+/[-−]  =>  ±
\+\+(?=[a-z](?!\w))|(?<=\w)\+\+(?!\w)  =>  ␣plus plus␣
[ ]?[+]++ ?  =>  ␣plus␣
(?<=\S) ([•·|/]) (?=\S)  =>  {slash}␣
([²³×±§¶%°↑▲↓▼])[§¶]?  =>  ␣{1:_RAISED_BY}␣
(?<!\S)@[ ]  =>  at␣
(?<![^\s(])((?:~|\.{1,2})?/(?:[\w.-]{1,40}/){0,20}+[\w.-]{1,40}[\w-])  =>  {1:path}
/(?<=\w[a-z]/)((?:{EACH}|s|sec|min|hr?|yr|mo|wk|lb|gal|sq\.? ?ft))\b(?:\.(?= [a-z]))?  =>  {1:per}
"""
_BRITISH = r"""
((?i:\b(?:at|by|from|until|the|opens?|closes|one.s|day)) )(\d?\d)\.([0-5]\d)(?={THEN})  =>  {1}{2}:{3}
(?<![\w.,£$€])(\d?\d)\.([0-5]\d)(?![\w%]|\.\d| ?(?:k?m\b|mill|per))  =>  {1}:{2}  near {TRAVEL}|{SPAN}
{START}(?!\d{3,4}p)({NUMBER})p(?!\w){PER}  =>  {1:number} pence{2:per}
"""
_DAYS = r"""
≈(?<=\ba ≈) ?  =>  roughly␣
(?<![\w/–-])(?!M/F)(M|Tu?|W|Th|F|Sa)( ?[-–] ?|/)(F|Th|Sa|Su)(?![\w/–-])  =>  {1:day_of}{2}{3:day_of}
[days, months]  (?<!\w)[JFMASONDTW][aepucouhri][nbrylgptvceduti]
(?<!\w){PERIOD}(?:{LIST}{PERIOD}(?!\w)){1,6}+(?:\.(?=,| [^A-Z]))?  =>  {periods}
\b(?<!he (?=Su))({WEEKDAY})\.?(?=,? \(?(?:{SHORT_MONTH}|\d)|: |\)| [–—] | (?:closed|open|[fa]\w+ \d|ni))
    =>  {1:weekday}
\b((?i:on|every|next|this|by|after|or|a) )({WEEKDAY})(?!\w|-| [A-Zn])\.?  =>  {1}{2:weekday}{point}
(?<!\w)((?!S){WEEKDAY}|(?<![Tt]he )S(?:at|un)(?=\.(?:,| [a-z&@])))\.  =>  {1:weekday}{point}
"""


def rules(region: str) -> Rules:
    """Return the rules for a region (ISO 3166, or "")."""
    names: dict[str, Any] = {}
    for module in (dates, identifiers, numbers, measures):
        names |= vars(module) | vars(module)["NAMES"]
    names |= {f.__name__: lambda m, f=f: f(m, region) for f in (dates.days, dates.numeric)}
    return (
        *short_forms(),
        *(read_rules(_BRITISH, names) if region in {"GB", "IE", "AU", "NZ"} else ()),
        *read_rules(_DAYS, names),
        Group(r"[^\w\s.,!?'\"’]|[²³¹⁰⁴-⁹]|\d[a-z]", read_rules(_SIGNS, names)),
        Group(r"[\d½⅓⅔¼¾⅕⅖⅗⅘⅙⅚⅛⅜⅝⅞]", read_rules(_FIGURES, names)),
        Group(r"[^\w\s.,!?'\"’:;-]|[²³]", read_rules(_OTHER_SIGNS, names)),
    )
