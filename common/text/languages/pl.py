numbered = """pon wt śr czw pt sob niedz stycz lut kwiec czerw lip sierp wrzes paźdz list grud maks
  art ust par rozdz roz poz gab pok rys tab zał dn dok"""
enders = "itd itp"
units = "r w godz min tys mln mld km kg"
abbreviations = "min str godz al mgr inż hab zob por red pkt ur zm pl os woj gm lek med gen"
introduces = "np m.in dr prof"
ordinal_digits = 2
phrases = """link do {}|kod w języku {}|kod|tabela, liczba kolumn: {}|tabela|obraz|kropka|małpa
  |zrobione: {}"""
signs = """& i|+ plus|= równa się|× razy|÷ podzielić przez|± plus minus|≈ około|≠ nie równa się
  |< mniej niż|> więcej niż|≤ co najwyżej|≥ co najmniej|→ do|^ do potęgi {}|√ pierwiastek z|– do"""
in_full = """np.=na przykład|tj.=to jest|itd.=i tak dalej|itp.=i tym podobne|ok.=około
  |x dziennie=razy dziennie|tel.=telefon|nr=numer|wg=według|tzn.=to znaczy|tzw.=tak zwany
  |m. in.=między innymi"""
answers = """tak|tak proszę|jasne|dobrze|ok|zgoda|potwierdzam|zrób to; nie|nie dziękuję|anuluj
  |lepiej nie|nie rób tego"""
