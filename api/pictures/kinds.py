"""What pictures there are."""

from typing import Literal, TypeAlias

RunKind: TypeAlias = Literal["curves", "components", "singular_values"]
Kind: TypeAlias = Literal["curves", "scaling", "matrix", "phase", "components", "singular_values", "figure"]
