ordinal_digits = 2
answers = "áno|áno prosím|hej|dobre|ok|potvrdzujem; nie|nie ďakujem|zrušiť|radšej nie"
