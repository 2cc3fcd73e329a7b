"""The catalogue of recorded metrics: name, formula, unit, meaning."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Metric:
    """One recorded quantity of a run."""

    name: str
    formula: str
    unit: str
    description: str


METRICS: tuple[Metric, ...] = (
    Metric(
        "train_error",
        "||X a - y||_2 / ||y||_2",
        "1",
        "relative residual; absolute where y = 0",
    ),
    Metric("test_error", "||a - a*||_2 / ||a*||_2", "1", "relative distance to the true signal"),
    Metric("l0_norm", "#{i : |a_i| > 1e-4}", "count", "entries that are not small"),
    Metric("l1_norm", "||a||_1", "1", "sum of absolute values"),
    Metric("l2_norm", "||a||_2", "1", "Euclidean norm, no proxy for generalisation"),
    Metric("gradient_norm", "||G||_2, G = grad g", "1", "norm of the loss gradient over all factors"),
    Metric(
        "penalty_gradient_norm",
        "||beta H||_2, beta H = beta_2 u + beta_1 sign u",
        "1",
        "norm of the penalty's gradient over all factors, strengths included",
    ),
    Metric("gradient_ratio", "||beta H||_2 / ||G||_2", "1", "over 1: the penalty leads"),
    Metric(
        "gradient_ratio_masked",
        "||beta H 1[|u| >= 1e-3]||_2 / ||G||_2",
        "1",
        "the ratio as published figures plot it: small entries left out of H",
    ),
    Metric("support_norm", "||a_S||_2, S = supp a*", "1", "Euclidean norm on the true support"),
    Metric("off_support_norm", "||a_{S^c}||_2", "1", "Euclidean norm off the true support"),
    Metric("l1_error_per_dimension", "||a - a*||_1 / n", "1", "mean absolute error of the entries"),
)


def metric_names() -> tuple[str, ...]:
    """Names of all metrics, in catalogue order, which is the order of recording."""
    return tuple(metric.name for metric in METRICS)


def chosen_metrics(metrics: str | tuple[str, ...]) -> tuple[str, ...]:
    """Names that `record.metrics` selects, in catalogue order."""
    return tuple(name for name in metric_names() if metrics == "default" or name in metrics)
