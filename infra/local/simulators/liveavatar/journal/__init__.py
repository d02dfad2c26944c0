"""The record of what arrived at the provider, and of what it did."""
