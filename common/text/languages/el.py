scripts = "GREEK"
numbered = "ιαν φεβ μαρ απρ μαΐ ιουν ιουλ αυγ σεπτ οκτ νοε δεκ δευ τρ τετ πέμ παρ σάβ κυρ"
introduces = "π.χ κ"
semicolon_asks = True
