"""Clients that are generated from docs/openapi.json, against the local stack."""
