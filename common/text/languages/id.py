from common.text.language import Language, Phrases

LANGUAGE = Language(
    code="id",
    phrases=Phrases.parse(
        "tautan ke {}|kode {}|kode|tabel dengan {} kolom|tabel|gambar|titik|at|selesai: {}"
    ),
)
