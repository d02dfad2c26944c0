numbered = "pkl hub no tgl jl hal tel"
phrases = "tautan ke {}|kode {}|kode|tabel dengan {} kolom|tabel|gambar|titik|at|selesai: {}"
signs = """& dan|+ tambah|= sama dengan|× kali|÷ dibagi|± kurang lebih|≈ sekitar|≠ tidak sama dengan
  |< kurang dari|> lebih dari|≤ paling banyak|≥ paling sedikit|→ ke|^ pangkat {}|√ akar|– sampai"""
answers = "ya|iya|ya tolong|oke|ok|baik|silakan|lakukan; tidak|tidak terima kasih|batal|jangan"
