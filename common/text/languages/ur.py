scripts = "ARABIC"
