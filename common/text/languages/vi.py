abbreviations = "tp tx tt ths ts gs pgs bs ks"
answers = "có|vâng|dạ|được|đồng ý|ok|xác nhận; không|không cảm ơn|hủy|thôi"
