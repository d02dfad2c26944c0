abbreviations = "tp q p tx tt ths ts gs pgs bs ks"
yes = "có|vâng|dạ|được|đồng ý|ok|xác nhận"
no = "không|không cảm ơn|hủy|thôi"
