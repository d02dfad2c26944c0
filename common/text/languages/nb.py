numbered = "okt des tir ons tor fre lør søn"
before_ordinals = "den"
ordinal_digits = 2
clipped = r"[A-ZÆØÅ]\w*gt"
in_full = """f.eks.=for eksempel|bl.a.=blant annet|dvs.=det vil si|osv.=og så videre|ca.=cirka
  |kl.=klokken|inkl.=inkludert|ekskl.=ekskludert|nr.=nummer|tlf.=telefon"""
answers = "ja|ja takk|jo|ok|gjør det|bekreft; nei|nei takk|avbryt|ikke gjør det"
