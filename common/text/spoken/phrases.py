"""What we say ourselves, where the written form cannot be said: one line a language.

A language that is not here hears the prose only: nothing is better than English in its middle.
"""

from dataclasses import dataclass
from functools import cache


@dataclass(frozen=True)
class Phrases:
    """`{}` is where the host, the programming language, the number of columns or the task goes."""

    link: str = "{}"
    code_in: str = ""
    code: str = ""
    table_of: str = ""
    table: str = ""
    image: str = ""
    dot: str = "."
    at: str = "@"
    done: str = "{}"


_LINES = {
    "en": "a link to {}|some {} code|some code|"
    "a table with {} columns|a table|an image|dot|at|done: {}",
    "de": "ein Link zu {}|etwas {}-Code|etwas Code|"
    "eine Tabelle mit {} Spalten|eine Tabelle|ein Bild|Punkt|at|erledigt: {}",
    "es": "un enlace a {}|código en {}|código|"
    "una tabla con {} columnas|una tabla|una imagen|punto|arroba|hecho: {}",
    "fr": "un lien vers {}|du code {}|du code|"
    "un tableau de {} colonnes|un tableau|une image|point|arobase|fait : {}",
    "it": "un link a {}|del codice {}|del codice|"
    "una tabella con {} colonne|una tabella|un'immagine|punto|chiocciola|fatto: {}",
    "pt": "um link para {}|código em {}|código|"
    "uma tabela com {} colunas|uma tabela|uma imagem|ponto|arroba|feito: {}",
    "nl": "een link naar {}|wat {}-code|wat code|"
    "een tabel met {} kolommen|een tabel|een afbeelding|punt|apenstaartje|klaar: {}",
    "sv": "en länk till {}|lite {}-kod|lite kod|"
    "en tabell med {} kolumner|en tabell|en bild|punkt|snabel-a|klart: {}",
    "pl": "link do {}|kod w języku {}|kod|"
    "tabela, liczba kolumn: {}|tabela|obraz|kropka|małpa|zrobione: {}",
    "ru": "ссылка на {}|код на {}|код|"
    "таблица, столбцов: {}|таблица|изображение|точка|собака|сделано: {}",
    "uk": "посилання на {}|код на {}|код|"
    "таблиця, стовпців: {}|таблиця|зображення|крапка|собака|зроблено: {}",
    "tr": "{} bağlantısı|{} kodu|kod|"
    "{} sütunlu bir tablo|bir tablo|bir resim|nokta|et|tamamlandı: {}",
    "id": "tautan ke {}|kode {}|kode|tabel dengan {} kolom|tabel|gambar|titik|at|selesai: {}",
    "zh": "{} 的链接|一段 {} 代码|一段代码|一个有 {} 列的表格|一个表格|一张图片|点|at|已完成：{}",
    "ja": "{} へのリンク|{} のコード|コード|{}列の表|表|画像|ドット|アットマーク|完了：{}",
    "ko": "{} 링크|{} 코드|코드|{}열짜리 표|표|이미지|닷|골뱅이|완료: {}",
    "hi": "{} का लिंक|{} कोड|कोड|{} कॉलम की तालिका|तालिका|चित्र|डॉट|ऐट|पूरा हुआ: {}",
}  # fmt: skip

PROGRAMMING = {
    "py": "Python", "python": "Python", "python3": "Python", "js": "JavaScript",
    "javascript": "JavaScript", "jsx": "JavaScript", "ts": "TypeScript", "tsx": "TypeScript",
    "typescript": "TypeScript", "sh": "shell", "bash": "shell", "zsh": "shell", "shell": "shell",
    "console": "shell", "powershell": "PowerShell", "json": "JSON", "yaml": "YAML", "yml": "YAML",
    "toml": "TOML", "xml": "XML", "html": "HTML", "css": "CSS", "scss": "CSS", "sql": "SQL",
    "c": "C", "cpp": "C plus plus", "c++": "C plus plus", "cs": "C sharp", "csharp": "C sharp",
    "c#": "C sharp", "f#": "F sharp", "java": "Java", "kotlin": "Kotlin", "go": "Go",
    "golang": "Go", "rust": "Rust", "rs": "Rust", "rb": "Ruby", "ruby": "Ruby", "php": "PHP",
    "swift": "Swift", "r": "R", "scala": "Scala", "lua": "Lua", "perl": "Perl", "tf": "Terraform",
    "hcl": "Terraform", "terraform": "Terraform", "dockerfile": "Docker", "graphql": "GraphQL",
    "haskell": "Haskell", "matlab": "Matlab", "dart": "Dart", "elixir": "Elixir",
}  # fmt: skip
"""What a fence names it by -> what it is called. Others ("text", "mermaid") are just code."""


@cache
def phrases(language: str) -> Phrases:
    """`language` is ISO 639-1."""
    line = _LINES.get(language)
    return Phrases(*line.split("|")) if line else Phrases()
