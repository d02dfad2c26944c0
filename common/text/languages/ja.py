from common.text.language import Language, Phrases
from common.text.languages._east_asian import Signs, table

_JAPANESE = Signs(
    minus="マイナス",
    percent="{}パーセント",
    until="から",
    hour="{}時",
    time="{}時{}分",
    date="{}年{}月{}日",
    money=table(
        "¥ {}円|￥ {}円|JPY {}円|$ {}ドル|US$ {}ドル|USD {}ドル|€ {}ユーロ|EUR {}ユーロ|£ {}ポンド"
        "|₩ {}ウォン|CNY {}元"
    ),
    units=table(
        "km {}キロメートル|m {}メートル|cm {}センチメートル|mm {}ミリメートル|kg {}キログラム"
        "|g {}グラム|mg {}ミリグラム|L {}リットル|l {}リットル|ml {}ミリリットル|mL {}ミリリットル"
        "|km/h 時速{}キロメートル"
        "|m/s 秒速{}メートル|m² {}平方メートル|㎡ {}平方メートル|km² {}平方キロメートル"
        "|m³ {}立方メートル|°C {}度|℃ {}度|°F 華氏{}度|° {}度|h {}時間|min {}分"
        "|kWh {}キロワット時|W {}ワット"
        "|GB {}ギガバイト|MB {}メガバイト|TB {}テラバイト"
    ),
    abbreviations={},
)

LANGUAGE = Language(
    code="ja",
    scripts=frozenset({"KANA", "CJK"}),
    phrases=Phrases.parse(
        "{} へのリンク|{} のコード|コード|{}列の表|表|画像|ドット|アットマーク|完了：{}"
    ),
    full_stop="。",
    spoken=lambda _region: _JAPANESE.groups(),
)
