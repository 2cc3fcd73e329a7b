"""The vector metrics that a run may record, for questions before its first point."""

VECTOR_METRICS: tuple[str, ...] = ("parameters", "parameters.re", "parameters.im", "singular_values")
