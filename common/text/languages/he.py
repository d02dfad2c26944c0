scripts = "HEBREW"
abbreviations = "ד פרופ"
yes = "כן|כן בבקשה|בסדר|אוקיי|אישור"
no = "לא|לא תודה|ביטול|אל תעשה"
