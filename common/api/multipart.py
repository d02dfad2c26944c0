"""Bodies of `multipart/form-data` (RFC 7578) with few, named parts."""

from email.message import Message
from email.parser import BytesHeaderParser
from typing import NoReturn

from common.domain.errors import Invalid

MAX_PARTS = 20


def parse_multipart(body: bytes, content_type: str) -> dict[str, bytes]:
    """Return the content of each part by its name.

    Raises Invalid (400): no boundary, no end, a part without a name, or a name that occurs twice.
    """
    boundary = _parameter("content-type", content_type, "boundary")
    if not boundary:
        _refuse("Content-Type", "must name the boundary of its parts")
    delimiter = b"\r\n--" + boundary.encode("utf-8", "replace")
    preamble, *parts = (b"\r\n" + body).split(delimiter, MAX_PARTS)
    if preamble.strip(b"\r\n") or not parts or not parts[-1].startswith(b"--"):
        _refuse("body", "is not the announced multipart/form-data, or has no end")
    found: dict[str, bytes] = {}
    for part in parts[:-1]:
        head, separator, content = part.partition(b"\r\n\r\n")
        headers = BytesHeaderParser().parsebytes(head.lstrip(b" \t\r\n"))
        name = _parameter("content-disposition", headers.get("content-disposition", ""), "name")
        if not separator or not name:
            _refuse("body", "has a part without a name")
        if name in found:
            _refuse(name.encode("ascii", "backslashreplace").decode()[:100], "occurs twice")
        found[name] = content
    return found


def _parameter(header: str, value: str, name: str) -> str | None:
    message = Message()
    message[header] = value
    found = message.get_param(name, header=header)
    return found if isinstance(found, str) else None


def _refuse(field: str, problem: str) -> NoReturn:
    raise Invalid("Invalid multipart body.", status=400, fields=[(field, problem)])
