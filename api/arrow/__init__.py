"""Parquet and Arrow streams, by the extra `arrow`; pyarrow is imported once one is asked for."""

from api.arrow.forms import ARROW_FORMS, ARROW_STREAM, PARQUET, choose_form

__all__ = ["ARROW_FORMS", "ARROW_STREAM", "PARQUET", "choose_form"]
