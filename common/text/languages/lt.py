ordinal_digits = 2
