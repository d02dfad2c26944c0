scripts = "CYRILLIC LATIN"
ordinal_digits = 2
