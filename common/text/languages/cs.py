ordinal_digits = 2
answers = "ano|ano prosím|jo|dobře|ok|jasně|potvrzuji; ne|ne děkuji|zrušit|raději ne"
