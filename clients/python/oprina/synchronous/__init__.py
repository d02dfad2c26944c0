# Generated from ../asynchronous by infra/docs/client_modules.py.
