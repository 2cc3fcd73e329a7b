"""What the answers look like: one pydantic model a shape, built from the store's values."""

from api.schemas.analysis import (
    AnalysisAnswer,
    Crossing,
    Detector,
    PlateauByRule,
    PlateauCrossing,
    PlateauDetector,
)
from api.schemas.artifacts import ArtifactAnswer, ArtifactPage
from api.schemas.audit import AuditAnswer, AuditPage
from api.schemas.base import Answer, Page, Problem, ProblemError
from api.schemas.catalogue import (
    MetricInfo,
    MetricInfoPage,
    ProblemInfo,
    ProblemInfoPage,
    QueueInfo,
    QueuePage,
    WorkerInfo,
    WorkerPage,
)
from api.schemas.datasets import DatasetAnswer, DatasetArray, DatasetPage
from api.schemas.dry_run import Cost, DryRun, PlannedBatch, PredictedRun
from api.schemas.experiment import Deleted, ExperimentAnswer, ExperimentPage
from api.schemas.figures import FigureAnswer, FigurePage, FigureSummary, VerdictAnswer
from api.schemas.pictures import PictureAnswer
from api.schemas.results import ResultPage, ResultRow
from api.schemas.run import EventAnswer, EventPage, RunAnswer, RunPage
from api.schemas.series import (
    ExperimentSeries,
    MetricSummaryAnswer,
    MetricSummaryPage,
    RunSeries,
    SeriesAnswer,
    SeriesOfRun,
)
from api.schemas.verification import Disagreement, VerificationAnswer, VerificationPage
from api.schemas.webhooks import (
    DeliveryAnswer,
    DeliveryPage,
    NewWebhookAnswer,
    WebhookAnswer,
    WebhookPage,
    WebhookRequest,
)

__all__ = [
    "AnalysisAnswer",
    "Answer",
    "ArtifactAnswer",
    "ArtifactPage",
    "AuditAnswer",
    "AuditPage",
    "Cost",
    "Crossing",
    "DatasetAnswer",
    "DatasetArray",
    "DatasetPage",
    "Deleted",
    "DeliveryAnswer",
    "DeliveryPage",
    "Detector",
    "Disagreement",
    "DryRun",
    "EventAnswer",
    "EventPage",
    "ExperimentAnswer",
    "ExperimentPage",
    "ExperimentSeries",
    "FigureAnswer",
    "FigurePage",
    "FigureSummary",
    "MetricInfo",
    "MetricInfoPage",
    "MetricSummaryAnswer",
    "MetricSummaryPage",
    "NewWebhookAnswer",
    "Page",
    "PictureAnswer",
    "PlannedBatch",
    "PlateauByRule",
    "PlateauCrossing",
    "PlateauDetector",
    "PredictedRun",
    "Problem",
    "ProblemError",
    "ProblemInfo",
    "ProblemInfoPage",
    "QueueInfo",
    "QueuePage",
    "ResultPage",
    "ResultRow",
    "RunAnswer",
    "RunPage",
    "RunSeries",
    "SeriesAnswer",
    "SeriesOfRun",
    "VerdictAnswer",
    "VerificationAnswer",
    "VerificationPage",
    "WebhookAnswer",
    "WebhookPage",
    "WebhookRequest",
    "WorkerInfo",
    "WorkerPage",
]
