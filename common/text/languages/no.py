before_ordinals = "den"
ordinal_digits = 2
