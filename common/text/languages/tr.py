numbered = "nis haz tem eki kat daire blok apt md böl pzt sal çar per cum"
enders = "vb vs"
units = "dk sa km kg"
abbreviations = "av bkz kas oca şub ağu eyl yy yrd öğr gör uzm müh mim ecz üniv fak yakl san tic"
ordinal_digits = 2
phrases = """{} bağlantısı|{} kodu|kod|{} sütunlu bir tablo|bir tablo|bir resim|nokta|et
  |tamamlandı: {}"""
signs = """& ve|+ artı|= eşittir|× çarpı|÷ bölü|± artı eksi|≈ yaklaşık|≠ eşit değildir|< küçüktür
  |> büyüktür|≤ en fazla|≥ en az|^ üzeri {}|√ karekök|– ila|★ yıldız|→ , sonra"""
in_full = """vb.=ve benzeri|vs.=vesaire|örn.=örneğin|Dr.=Doktor|Prof.=Profesör|Doç.=Doçent|Sn.=Sayın
  |Cad.=Caddesi|Sok.=Sokak|Mah.=Mahallesi|No:=Numara|no.=numara|tel.=telefon|Tel:=Telefon:"""
answers = """evet|evet lütfen|tamam|olur|onaylıyorum|gönder; hayır|hayır teşekkürler|iptal|vazgeç
  |olmaz"""
