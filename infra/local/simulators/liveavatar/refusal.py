"""The provider's refusals."""


class RequestRefusedError(Exception):
    """A call that the provider refuses: an HTTP status, the provider's own code, and a message."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
