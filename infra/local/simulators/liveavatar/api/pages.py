"""Pages of a list."""

from collections.abc import Sequence
from typing import Any

from starlette.requests import Request

from infra.local.simulators.liveavatar.api.bodies import Json, PageRequest


def page_of(request: Request, asked: PageRequest, entries: Sequence[Any]) -> Json:
    """Return the page that was asked for, with absolute addresses of its neighbours."""
    first = (asked.page - 1) * asked.page_size
    last = first + asked.page_size
    return {
        "count": len(entries),
        "next": _address(request, asked.page + 1) if last < len(entries) else None,
        "previous": _address(request, asked.page - 1) if asked.page > 1 else None,
        "results": entries[first:last],
    }


def _address(request: Request, page: int) -> str:
    return str(request.url.include_query_params(page=page))
