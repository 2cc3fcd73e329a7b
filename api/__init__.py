"""The HTTP door of the service; `api.app.create_app` builds it, `api.serve.serve` runs it."""
