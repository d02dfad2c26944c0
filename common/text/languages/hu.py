numbered = "febr márc ápr júl jún szept okt"
ordinal_digits = 2
answers = "igen|igen kérem|rendben|oké|ok|jó|megerősítem; nem|nem köszönöm|mégse|ne"
