ordinal_digits = 2
yes = "ano|ano prosím|jo|dobře|ok|jasně|potvrzuji"
no = "ne|ne děkuji|zrušit|raději ne"
