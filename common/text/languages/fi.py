ordinal_digits = 2
yes = "kyllä|joo|kyllä kiitos|ok|selvä|tee se|vahvista"
no = "ei|ei kiitos|peruuta|älä"
