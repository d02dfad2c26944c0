numbered = "tir ons tor fre lør søn"
before_ordinals = "den"
ordinal_digits = 2
clipped = r"[A-ZÆØÅ]\w*gt"
in_full = """f.eks.=for eksempel|bl.a.=blandt andet|dvs.=det vil sige|osv.=og så videre|ca.=cirka
  |kl.=klokken|inkl.=inklusive|ekskl.=eksklusive|nr.=nummer|tlf.=telefon|mht.=med hensyn til"""
answers = "ja|ja tak|jo|okay|ok|gør det|bekræft; nej|nej tak|annuller|lad være"
