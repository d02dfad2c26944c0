"""The scripted assistant: the replies that it makes, and the steps that a reply consists of."""
