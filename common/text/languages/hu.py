numbered = "febr márc ápr júl jún szept okt"
ordinal_digits = 2
