scripts = "ARABIC"
units = "م ص كم كغ"
