ordinal_digits = 2
in_full = """esim.=esimerkiksi|ym.=ynnä muuta|yms.=ynnä muuta sellaista|jne.=ja niin edelleen|n.=noin
  |klo=kello|puh.=puhelin|ks.=katso|mm.=muun muassa"""
yes = "kyllä|joo|kyllä kiitos|ok|selvä|tee se|vahvista"
no = "ei|ei kiitos|peruuta|älä"
