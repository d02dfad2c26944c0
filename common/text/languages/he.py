scripts = "HEBREW"
abbreviations = "ד פרופ"
answers = "כן|כן בבקשה|בסדר|אוקיי|אישור; לא|לא תודה|ביטול|אל תעשה"
