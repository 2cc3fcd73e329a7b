"""Takes queued batches from the store and trains them; Celery and its broker only say when to look."""
