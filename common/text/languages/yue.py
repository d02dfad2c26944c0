scripts = "CJK"
