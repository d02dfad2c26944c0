abbreviations = "डा प्रो श्री रु"
