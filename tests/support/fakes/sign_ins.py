from common.domain.ids import UserId


class FakeSignIns:
    """Notes the users that were deleted."""

    def __init__(self) -> None:
        self.deleted: list[UserId] = []

    async def delete_user(self, user: UserId) -> None:
        self.deleted.append(user)
