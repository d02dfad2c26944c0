numbered = "okt des tir ons tor fre lør søn"
before_ordinals = "den"
ordinal_digits = 2
yes = "ja|ja takk|jo|ok|gjør det|bekreft"
no = "nei|nei takk|avbryt|ikke gjør det"
