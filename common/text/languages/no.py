before_ordinals = "den"
ordinal_digits = 2
answers = "ja|ja takk|jo|ok|gjør det|bekreft; nei|nei takk|avbryt|ikke gjør det"
