"""A scripted conversation in the terminal, over HTTP as any client would have it."""
