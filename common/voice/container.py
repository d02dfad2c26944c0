class WrongContainerError(Exception):
    """A recording's container is damaged, or holds what is not taken. The message is for callers."""
