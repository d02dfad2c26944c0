"""The LITE websocket: its messages in both directions, and its connections."""
