numbered = "febr márc ápr júl jún szept okt"
ordinal_digits = 2
yes = "igen|igen kérem|rendben|oké|ok|jó|megerősítem"
no = "nem|nem köszönöm|mégse|ne"
