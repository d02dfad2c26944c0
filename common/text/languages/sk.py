ordinal_digits = 2
yes = "áno|áno prosím|hej|dobre|ok|potvrdzujem"
no = "nie|nie ďakujem|zrušiť|radšej nie"
