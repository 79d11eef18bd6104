"""Controls around an ASGI application.

Each is an object with `around(app)`, which returns the guarded application.
"""

__all__: list[str] = []
