ordinal_digits = 2
in_full = """např.=například|tj.=to jest|tzn.=to znamená|atd.=a tak dále|apod.=a podobně|tzv.=takzvaný
  |tel.=telefon|cca=cirka|č.=číslo"""
yes = "ano|ano prosím|jo|dobře|ok|jasně|potvrzuji"
no = "ne|ne děkuji|zrušit|raději ne"
