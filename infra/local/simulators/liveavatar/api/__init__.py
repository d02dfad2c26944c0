"""The provider's HTTP calls."""
