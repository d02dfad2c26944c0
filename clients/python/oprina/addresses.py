"""The addresses of the functions: one host with a prefix, or one host for each function."""

from collections.abc import Mapping


class Addresses:
    """Return the URL of a path such as `/conversations/c1`.

    `given` is one address for all functions, such as `https://talk.example.com/api`, or the address of
    each function by its name, as `terraform output -json function_urls` prints it.
    """

    def __init__(self, given: str | Mapping[str, str]) -> None:
        if isinstance(given, str) and not given.startswith(("http://", "https://")):
            raise ValueError(f"not an address: {given!r}")
        self._given = given

    def url(self, path: str) -> str:
        """Return the URL of a path. Raises LookupError if the function's address is not known."""
        if isinstance(self._given, str):
            return f"{self._given.rstrip('/')}{path}"
        name, _, below = path.removeprefix("/").partition("/")
        if name not in self._given:
            raise LookupError(f"no address of the function {name!r}")
        host = self._given[name].rstrip("/")
        return f"{host}/{below}" if below else host
