abbreviations = "tp q p tx tt ths ts gs pgs bs ks"
