numbered = "ma di wo do vr za zo jan feb mrt apr jun jul aug sep sept okt nov dec afb tab"
enders = "enz etc"
units = "min sec u km kg mnd wk jr"
abbreviations = "m.a.w secr burg ass dir ds wed"
clipped = r"\w*str"
introduces = "bijv d.w.z o.a dhr mevr mw"
phrases = """een link naar {}|wat {}-code|wat code|een tabel met {} kolommen|een tabel
  |een afbeelding|punt|apenstaartje|klaar: {}"""
signs = """& en|+ plus|= is|× keer|÷ gedeeld door|± plusminus|≈ ongeveer|≠ ongelijk aan|< kleiner dan
  |> groter dan|≤ hoogstens|≥ minstens|→ naar|^ tot de macht {}|√ wortel van|∞ oneindig|⇔ alleen als
  |∣ gegeven|‾ streep|‸ dakje|‖ absolute waarde van|<< minder dan|>> meer dan|– tot|★ sterren"""
money = "$ dollar|€ euro|£ pond; miljoen|miljard"
in_full = """d.w.z.=dat wil zeggen|a.u.b.=alstublieft|bijv.=bijvoorbeeld|o.a.=onder andere
  |enz.=enzovoort|incl.=inclusief|excl.=exclusief|dhr.=de heer|mevr.=mevrouw|t/m=tot en met
  |i.p.v.=in plaats van|m.b.t.=met betrekking tot|t.o.v.=ten opzichte van|z.s.m.=zo snel mogelijk
  |nr.=nummer|tel.=telefoon|ca.=circa|max.=maximaal|o.b.v.=op basis van|e.d.=en dergelijke"""
answers = """ja|ja graag|jawel|oké|ok|prima|doe maar|ga je gang|bevestigen; nee|nee bedankt
  |nee dank je|annuleren|niet doen|laat maar|liever niet"""
