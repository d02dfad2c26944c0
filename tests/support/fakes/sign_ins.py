from common.domain.ids import UserId


class FakeSignIns:
    """Notes the users that were deleted, and the e-mail addresses that were invited."""

    def __init__(self) -> None:
        self.deleted: list[UserId] = []
        self.invited: list[str] = []

    async def delete_user(self, user: UserId) -> None:
        self.deleted.append(user)

    async def invite(self, email: str) -> UserId:
        self.invited.append(email)
        return UserId(f"user-{len(self.invited)}")
