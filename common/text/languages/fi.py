ordinal_digits = 2
answers = "kyllä|joo|kyllä kiitos|ok|selvä|tee se|vahvista; ei|ei kiitos|peruuta|älä"
