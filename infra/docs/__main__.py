"""Write every generated document: `python -m infra.docs`, which is part of `make fix`."""

from infra.docs.documents import current, documents


def main() -> None:
    for path, text in documents().items():
        if current(path) != text:
            path.write_text(text, encoding="utf-8")
            print(f"wrote {path.name}")


if __name__ == "__main__":
    main()
