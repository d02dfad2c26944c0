numbered = """art mag jan feb mär apr aug sep sept okt nov dez mo di mi do sa so tabl anm aufl bde
  ziff lit urt az anl rdnr"""
enders = "usw etc mwst ust"
units = "std min sek mio mrd"
abbreviations = """bd jhd fa geb bspw vorm nachm allg s.u dipl gl hbf pr gr pck päckch msp geh stk
  schw bes zub verschl gesch etw tlw versch phil jur nat Engl Ital Frz Griech techn insb insbes
  einschl betr entspr ehem pers vors stellv tgl mtl hrsg"""
introduces = "u z.b d.h u.a v.a vgl bzw dr prof hr hrn fr nr"
clipped = r"\w*str|[^\W\d_]{2,}(?:[bdfgmnpstz]|hr|..r)l"
before_ordinals = """am der die das den dem des zum zur im vom bis ab seit beim nach vor jeder jedes
  ihrem ihren ihrer seinem seinen seiner meinem meinen meiner unserem unseren unserer"""
ordinal_digits = 2
starters = """Der Die Das Dies Diese Dieser Dieses Den Dem Des Ein Eine Einen Er Sie Es Ich Wir Ihr
  Ihre Ihren Man Mein Meine Sein Seine Unser Unsere In Im Am An Auf Aus Bei Bis Bitte Damals Damit
  Dann Danach Danke Daher Dafür Davor Dazu Denn Deshalb Doch Dort Durch Soll Sollen Kann Können Wenn
  Weil Was Wie Wo Wer Wann Warum Welche Welcher Und Aber Oder Ob Nur Nach Nicht Noch Nun Ohne Schon
  Sehr So Um Unter Über Von Vor Vorher Während Mit Für Gegen Haben Hat Ist Sind War Waren Wird Werden
  Möchten Muss Müssen Darf Passt Außerdem Heute Hier Gestern Morgen Jetzt Jede Jeder Jedes Kein Keine
  Alle Alles Also Als Auch Ab Leider Seit Seitdem Später Trotzdem Zu Zum Zur Zwei Zwischen"""
months = """Januar Jänner Februar März April Mai Juni Juli August September Oktober November Dezember
  Jan Feb Mär Apr Jun Jul Aug Sep Sept Okt Nov Dez Jahrhundert Jahrhunderts OG UG Stock Etage Klasse
  Platz Runde Halbjahr Quartal Semester Auflage Liga Person Stelle Mal Spieltag Tag Woche
  Obergeschoss"""
capital_nouns = True
phrases = """ein Link zu {}|etwas {}-Code|etwas Code|eine Tabelle mit {} Spalten|eine Tabelle
  |ein Bild|Punkt|at|erledigt: {}"""
signs = """& und|+ plus|= gleich|× mal|÷ durch|± plus minus|≈ etwa|≠ ungleich|< kleiner als|★ Sterne
  |> größer als|≤ höchstens|≥ mindestens|→ nach|^ hoch {}|√ Wurzel aus|∞ unendlich|§ Paragraf
  |⇔ genau dann, wenn|∣ gegeben|‾ quer|‸ Dach|‖ Betrag von|<< weniger als|>> mehr als|– bis"""
money = """$ Dollar|US$ US-Dollar|€ Euro|£ Pfund|CHF Franken; Millionen|Million|Milliarden
  |Milliarde|Billionen|Tausend"""
in_full = """u. a.=unter anderem|MwSt.=Mehrwertsteuer|vorauss.=voraussichtlich|i. d. R.=in der Regel
  |d. h.=das heißt|usw.=und so weiter|Str.=Straße|s. o.=siehe oben|mind.=mindestens|mittl.=mittlerer
  |inkl.=inklusive|exkl.=exklusive|evtl.=eventuell|Prof.=Professor|vgl.=vergleiche|Mrd.=Milliarden
  |z. T.=zum Teil|v. a.=vor allem|zzgl.=zuzüglich|bzgl.=bezüglich|sog.=sogenannte|Jh.=Jahrhundert
  |Mio.=Millionen|Abs.=Absatz|Abb.=Abbildung|Kap.=Kapitel|max.=maximal|Pers.=Personen|etc.=et cetera
  |ca.=circa|Dr.=Doktor|Nr.=Nummer|gem.=gemäß|Hr.=Herr|zw.=zwischen|lt.=laut|St.=Sankt
  |z. B.=zum Beispiel|bzw.=beziehungsweise|ggf.=gegebenenfalls|Tel.=Telefon|o. Ä.=oder Ähnliches"""
measures = "EL=Esslöffel|TL=Teelöffel|Pr=Prise|Pck=Päckchen|Msp=Messerspitze|Mon=Monate"
own = r"""
(?<!\w)Fr\.(?= [A-ZÄÖÜ][a-zäöüß])  =>  Frau
(?<=[\w)] )u\.(?= [\wÄÖÜ])(?!\.)  =>  und"""
answers = """ja|ja bitte|jawohl|ja gern|ja gerne|gern|gerne|okay|ok|mach das|ja mach das|bestätigen
  |ja senden; nein|nein danke|nee|nicht|abbrechen|lass es|bitte nicht|lieber nicht"""
