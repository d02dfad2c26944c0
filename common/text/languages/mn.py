scripts = "CYRILLIC"
