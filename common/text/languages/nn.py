ordinal_digits = 2
answers = "ja|ja takk|jo|ok|gjer det|stadfest; nei|nei takk|avbryt|ikkje gjer det"
