ordinal_digits = 2  # noqa: N999 - its code is a keyword
