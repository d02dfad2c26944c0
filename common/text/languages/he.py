scripts = "HEBREW"
abbreviations = "ד פרופ"
