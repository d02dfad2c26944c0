"""The media of a session: the room that its viewers join, and the avatar in it."""
