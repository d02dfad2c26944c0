numbered = "okt des tir ons tor fre lør søn"
before_ordinals = "den"
ordinal_digits = 2
