numbered = "ma di wo do vr za zo jan feb mrt apr jun jul aug sep sept okt nov dec"
enders = "enz etc"
units = "min sec u km kg"
abbreviations = "m.a.w incl excl tel"
introduces = "bijv d.w.z o.a dhr mevr mw"
street_ending = "str"
phrases = """een link naar {}|wat {}-code|wat code|een tabel met {} kolommen|een tabel|een afbeelding
  |punt|apenstaartje|klaar: {}"""
signs = """& en|+ plus|= is|× keer|÷ gedeeld door|± plusminus|≈ ongeveer|≠ ongelijk aan|< kleiner dan
  |> groter dan|≤ hoogstens|≥ minstens|→ naar|^ tot de macht {}|√ wortel van|∞ oneindig"""
until = " tot "
money = "$ dollar|€ euro|£ pond"
scales = "miljoen|miljard"
