numbered = """lun mer gio ven sab dom gen feb mar apr mag giu lug ago set ott nov dic bin sec tot pp
  rif min max giov par sez tab prot civ int mart merc genn febbr sett sc"""
enders = "ecc q.b"
abbreviations = """sigg geom arch rag egr gent spett nn co art artt cap vol pers colaz fig a.c d.c
  c.so v.le p.za on mons cass trib col dir pres segr univ ist osp dip loc prov cfr amm psicol"""
introduces = "ad.es es sig sig.ra dott dott.ssa prof"
trusts_sentencex = False
starters = """Il Lo La I Gli Le Un Una È Ha Hanno Sono Si Sì No Non Se Ma E O Lui Lei Noi Voi Loro Io
  Questo Questa Quello Quella Che Chi Come Quando Dove Perché Per Con Senza In Di Da Dal Del Al Nel
  Poi Anche Vuole Può Suo Sua Ora Dopo Prima Lì Qui Grazie Oggi Domani Ieri Ogni Tutto Tutti Era"""
phrases = """un link a {}|del codice {}|del codice|una tabella con {} colonne|una tabella
  |un'immagine|punto|chiocciola|fatto: {}"""
signs = """& e|+ più|= uguale a|× per|÷ diviso|± più o meno|≈ circa|≠ diverso da|< minore di
  |> maggiore di|≤ al massimo|≥ almeno|→ a|^ alla {}|√ radice di|∞ infinito|⇔ se e solo se|∣ dato
  |‾ barrato|‸ cappello|‖ valore assoluto di|<< meno di|>> più di|– a|★ stelle"""
money = "$ di dollari|€ di euro|£ di sterline; milioni|milione|miliardi|miliardo"
in_full = """p. es.=per esempio|ad es.=ad esempio|Sig.=signor|Sig.ra=signora|Dott.=dottor
  |Dott.ssa=dottoressa|Sig.na=signorina|dott.=dottor|dott.ssa=dottoressa|sig.=signor|sig.ra=signora
  |Dr.=dottor|Prof.=professor|Prof.ssa=professoressa|ecc.=eccetera|pag.=pagina|pagg.=pagine
  |tel.=telefono|q.b.=quanto basta|ca.=circa|Ing.=ingegner|Avv.=avvocato|max.=massimo|P.zza=piazza
  |n°=numero|Tel.=telefono"""
answers = """sì|si|sì grazie|sì per favore|va bene|certo|d'accordo|ok|procedi|fallo|confermo; no
  |no grazie|annulla|meglio di no|lascia stare|ferma"""
