"""What is to be learned: the problems and their fields."""

from typing import Annotated, Literal

from pydantic import Field

from core.spec.base import Integer, Real, SpecModel


class SparseRecovery(SpecModel):
    """Recover an s-sparse signal a* of R^n from N linear measurements y = X a* + noise (arXiv 2506.05718)."""

    kind: Literal["sparse_recovery"] = Field(description="the problem")
    dimension: Annotated[Integer, Field(ge=1, le=1_000_000)] = Field(
        default=100, description="length n of the signal", examples=[100]
    )
    sparsity: Annotated[Integer, Field(ge=1, le=1_000_000)] = Field(
        default=5, description="number s of non-zero entries of the signal, at most dimension", examples=[5]
    )
    measurements: Annotated[Integer, Field(ge=1, le=1_000_000)] = Field(
        default=30, description="number N of measurements (rows of X)", examples=[30]
    )
    signal: Literal["normal", "sign"] = Field(
        default="normal", description="law of the non-zero entries: N(0, 1/n), or -1 and 1 with equal chance"
    )
    basis: Literal["identity", "orthonormal"] = Field(
        default="identity", description="basis Phi in which the signal is sparse; the design is X = M Phi"
    )
    coherence: Annotated[Real, Field(ge=0, le=1)] = Field(
        default=0.0, description="share tau of measurements that are columns of Phi, the data selection"
    )
    snr: Annotated[Real, Field(ge=1e-12, le=1e100)] | None = Field(
        default=None,
        description="signal-to-noise ratio: noise variance E||a*||^2 / (N snr); null for no noise",
        examples=[1e8],
    )


Problem = SparseRecovery
"""Every problem that can be asked; a union discriminated by `kind` once there are several."""
