numbered = "tir ons tor fre lør søn"
before_ordinals = "den"
ordinal_digits = 2
yes = "ja|ja tak|jo|okay|ok|gør det|bekræft"
no = "nej|nej tak|annuller|lad være"
