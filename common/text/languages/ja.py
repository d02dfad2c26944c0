from common.text.languages._east_asian import Signs, table
from common.text.spoken.rules import Group


def rules(_region: str) -> tuple[Group, ...]:
    return _JAPANESE.groups()


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
