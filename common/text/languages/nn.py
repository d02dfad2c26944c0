ordinal_digits = 2
yes = "ja|ja takk|jo|ok|gjer det|stadfest"
no = "nei|nei takk|avbryt|ikkje gjer det"
