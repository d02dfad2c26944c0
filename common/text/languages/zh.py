from common.text.language import Language, Phrases
from common.text.languages._east_asian import Signs, table

_CHINESE = Signs(
    minus="负",
    percent="百分之{}",
    until="到",
    hour="{}点",
    time="{}点{}分",
    date="{}年{}月{}日",
    money=table(
        "¥ {}元|￥ {}元|CNY {}元|RMB {}元|$ {}美元|US$ {}美元|USD {}美元|€ {}欧元|EUR {}欧元|£ {}英镑"
        "|HK$ {}港元|NT$ {}新台币|₩ {}韩元|JPY {}日元"
    ),
    units=table(
        "km {}公里|m {}米|cm {}厘米|mm {}毫米|kg {}公斤|g {}克|mg {}毫克|L {}升|l {}升"
        "|ml {}毫升|mL {}毫升|km/h 每小时{}公里|m/s 每秒{}米|m² {}平方米|㎡ {}平方米|km² {}平方公里"
        "|m³ {}立方米|°C {}摄氏度|℃ {}摄氏度|°F {}华氏度|° {}度|h {}小时|min {}分钟|s {}秒"
        "|kWh {}千瓦时|W {}瓦"
    ),
    abbreviations={},
)

LANGUAGE = Language(
    code="zh",
    scripts=frozenset({"CJK"}),
    phrases=Phrases.parse(
        "{} 的链接|一段 {} 代码|一段代码|一个有 {} 列的表格|一个表格|一张图片|点|at|已完成：{}"
    ),
    full_stop="。",
    spoken=lambda _region: _CHINESE.groups(),
)
