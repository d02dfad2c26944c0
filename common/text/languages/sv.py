numbered = "okt mån tis ons tors fre lör sön kap mom enl bet sid"
abbreviations = "jfr prop fil med tekn jur"
clipped = r"[A-ZÅÄÖ]\w*g"
phrases = """en länk till {}|lite {}-kod|lite kod|en tabell med {} kolumner|en tabell|en bild|punkt
  |snabel-a|klart: {}"""
signs = """& och|+ plus|= lika med|× gånger|÷ delat med|± plus minus|≈ ungefär|≠ skilt från|< mindre än
  |> större än|≤ högst|≥ minst|→ till|^ upphöjt till {}|√ roten ur|∞ oändligheten|– till|★ stjärnor"""
money = "$ dollar|€ euro|£ pund; miljoner|miljon|miljarder|miljard"
in_full = """t.ex.=till exempel|bl.a.=bland annat|dvs.=det vill säga|d.v.s.=det vill säga
  |osv.=och så vidare|o.s.v.=och så vidare|m.m.=med mera|kl.=klockan|ca=cirka|f.d.=före detta
  |s.k.=så kallade|nr=nummer|tel.=telefon|inkl.=inklusive|exkl.=exklusive|st.=stycken|max.=maximalt
  |resp.=respektive"""
answers = "ja|ja tack|jo|okej|ok|visst|gör det|bekräfta; nej|nej tack|avbryt|gör det inte|låt bli"
