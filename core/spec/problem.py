"""What is to be learned: the problems and their fields."""

from typing import Annotated, Any, Literal

from pydantic import Field

from core.spec.base import Integer, Real, SpecModel
from core.spec.dataset import Dataset
from core.spec.network_problem import ModularArithmetic, TeacherStudent

Size = Annotated[Integer, Field(ge=1, le=1_000_000)]
Side = Annotated[Integer, Field(ge=1, le=10_000)]
Share = Annotated[Real, Field(ge=0, le=1)]
NoiseRatio = Annotated[Real, Field(ge=1e-12, le=1e100)] | None


class SparseRecovery(SpecModel):
    """Recover an s-sparse signal a* of R^n from N linear measurements y = X a* + noise (arXiv 2506.05718)."""

    kind: Literal["sparse_recovery"] = Field(description="the problem")
    dimension: Size = Field(default=100, description="length n of the signal", examples=[100])
    sparsity: Size = Field(
        default=5, description="number s of non-zero entries of the signal, at most dimension", examples=[5]
    )
    measurements: Size = Field(default=30, description="number N of measurements (rows of X)", examples=[30])
    signal: Literal["normal", "sign"] = Field(
        default="normal", description="law of the non-zero entries: N(0, 1/n), or -1 and 1 with equal chance"
    )
    basis: Literal["identity", "orthonormal", "fourier"] = Field(
        default="identity",
        description="basis Phi in which the signal is sparse; the design is X = M Phi. The Fourier basis "
        "makes designs, targets and parameters complex",
    )
    coherence: Share = Field(
        default=0.0,
        description="share tau of measurements that are columns of Phi, the data selection",
        examples=[0.5],
    )
    snr: NoiseRatio = Field(
        default=None,
        description="signal-to-noise ratio: noise variance E||a*||^2 / (N snr); null for no noise",
        examples=[1e8],
    )

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the parameters, (n,)."""
        return (self.dimension,)

    @property
    def complex(self) -> bool:
        """Whether designs and parameters are complex."""
        return self.basis == "fourier"

    @property
    def seeded(self) -> bool:
        """Whether the data depend on the seed: always."""
        return True

    @property
    def test(self) -> Literal["truth"]:
        """What test_error compares with: the true parameters."""
        return "truth"

    def identity(self) -> dict[str, Any]:
        """What determines the drawn data, beside the seed, as JSON data."""
        return self.model_dump()


class _LowRank(SpecModel):
    rows: Side = Field(default=10, description="number n1 of rows of A*", examples=[10])
    columns: Side = Field(default=10, description="number n2 of columns of A*", examples=[10])
    rank: Side = Field(default=2, description="rank r of A*, at most min(rows, columns)", examples=[2])
    measurements: Size = Field(
        default=80, description="number N of measurements, at most rows x columns", examples=[80]
    )
    coherence: Share = Field(
        default=0.0,
        description="share tau of selected measurements: in completion the entries with the largest "
        "leverage, in sensing forms from columns of the singular bases of A*, each of which sees one entry",
        examples=[0.5],
    )
    snr: NoiseRatio = Field(
        default=None,
        description="signal-to-noise ratio: noise variance ||A*||_F^2 / (N snr); null for no noise",
        examples=[1e8],
    )

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the parameters, (n1, n2)."""
        return (self.rows, self.columns)

    @property
    def complex(self) -> bool:
        """Whether designs and parameters are complex: never."""
        return False

    @property
    def seeded(self) -> bool:
        """Whether the data depend on the seed: always."""
        return True

    @property
    def test(self) -> Literal["truth"]:
        """What test_error compares with: the true parameters."""
        return "truth"

    def identity(self) -> dict[str, Any]:
        """What determines the drawn data, beside the seed, as JSON data."""
        return self.model_dump()


class MatrixCompletion(_LowRank):
    """Recover a matrix A* of rank r from N of its entries; ||A*||_F = sqrt(n1 n2) (arXiv 2506.05718)."""

    kind: Literal["matrix_completion"] = Field(description="the problem")


class MatrixSensing(_LowRank):
    """Recover a matrix A* of rank r from N measurements y_k = l_k' A* r_k (arXiv 2506.05718)."""

    kind: Literal["matrix_sensing"] = Field(description="the problem")


LinearProblem = SparseRecovery | MatrixCompletion | MatrixSensing | Dataset
NetworkProblem = ModularArithmetic | TeacherStudent | Dataset
Problem = Annotated[
    SparseRecovery | MatrixCompletion | MatrixSensing | Dataset | ModularArithmetic | TeacherStudent,
    Field(discriminator="kind"),
]
"""Every problem that can be asked."""
