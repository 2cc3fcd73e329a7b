"""What axes and metrics are called in pictures: the symbols of the paper."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

_AXES: Mapping[str, str] = {
    "/optimizer/learning_rate": r"$\alpha$",
    "/optimizer/kind": "method",
    "/regularization": "penalty",
    "/regularization/l1": r"$\beta_1$",
    "/regularization/l2": r"$\beta_{\ell_2}$",
    "/regularization/l2_squared": r"$\beta_2$",
    "/regularization/nuclear": r"$\beta_*$",
    "/regularization/sobolev_1": r"$\beta_{S_1}$",
    "/regularization/sobolev_2": r"$\beta_{S_2}$",
    "/problem/dimension": r"$n$",
    "/problem/sparsity": r"$s$",
    "/problem/measurements": r"$N$",
    "/problem/coherence": r"$\tau$",
    "/problem/rank": r"$r$",
    "/problem/modulus": r"$p$",
    "/problem/snr": "SNR",
    "/model/depth": r"$L$",
    "/model/init": "start",
    "/model/init/scale": "scale of the start",
    "/steps": "steps",
    "seed": "seed",
    "alpha": r"$\alpha$",
    "beta": r"$\beta$",
}
_VALUES: Mapping[str, str] = {
    "t1": r"$t_1$",
    "t2": r"$t_2$",
    "delay": r"$t_2 - t_1$",
    "theory_ratio": r"$(t_2 - t_1)$ / theory",
    "theory_delay": r"$t_2 - t_1$ by theory",
    "theory.delay": r"$t_2 - t_1$ by theory",
    "theory.t1": r"$t_1$ by theory",
    "theory.mutual_coherence": "mutual coherence",
    "l0_norm": r"$\|\theta\|_0$",
    "l1_norm": r"$\|\theta\|_1$",
    "l2_norm": r"$\|\theta\|_2$",
    "nuclear_norm": r"$\|\theta\|_*$",
    "support_norm": r"$\|a_S\|_2$",
    "off_support_norm": r"$\|a_{S^c}\|_2$",
    "l1_error_per_dimension": r"$\|a - a^*\|_1 / n$",
    "distance_from_start": r"$\|\theta - \theta_0\|_2$",
    "gradient_norm": r"$\|G\|_2$",
    "penalty_gradient_norm": r"$\|\beta H\|_2$",
    "gradient_ratio": r"$\|\beta H\|_2 / \|G\|_2$",
    "parameters": r"$a_i$",
    "singular_values": r"$\sigma_i$",
    "train_r2": r"train $R^2$",
    "test_r2": r"test $R^2$",
}
_BACKSLASH = "\N{SET MINUS}"
_LONGEST, _LONGEST_NAME = 24, 48
_PLAIN = (1e-3, 1e5)


def axis_name(axis: str) -> str:
    """The symbol of an axis given by its JSON pointer, or of a product `a*b` of axes."""
    return r"$\,$".join(
        _AXES.get(part, part.rsplit("/", 1)[-1].replace("_", " ")) for part in axis.split("*")
    )


def value_name(value: str) -> str:
    """The symbol of a metric, of a layer perhaps, or of a time."""
    base, bracket, layer = value.partition("[")
    name = _VALUES.get(base, base.replace("_", " "))
    return f"{name} ({layer.removesuffix(']')})" if bracket else name


def number(value: float, digits: int = 3) -> str:
    """A number as a text of mathematics."""
    if value == 0 or not math.isfinite(value):
        return f"{value:g}"
    if value == int(value) and abs(value) < _PLAIN[1]:
        return f"{int(value)}"
    mantissa, _, power = f"{value:.{digits - 1}e}".partition("e")
    exponent = int(power)
    if _PLAIN[0] <= abs(value) < _PLAIN[1] and -3 < exponent < digits + 1:
        return f"{value:.{digits}g}"
    mantissa = mantissa.rstrip("0").rstrip(".") if "." in mantissa else mantissa
    times = "" if mantissa == "1" else "-" if mantissa == "-1" else rf"{mantissa}\times "
    return rf"${times}10^{{{exponent}}}$"


def setting(value: Any) -> str:
    """A value on an axis of any kind: a number, a word, or a whole object."""
    if isinstance(value, bool) or value is None or isinstance(value, str):
        text = str(value)
    elif isinstance(value, int | float):
        return number(float(value))
    elif isinstance(value, Mapping):
        parts = (f"{axis_name(f'/regularization/{k}')} {setting(v)}" for k, v in value.items() if v)
        return ", ".join(parts) or "none"
    else:
        text = ", ".join(setting(one) for one in value)
    text = text.replace("_", " ").replace("$", r"\$") if "$" not in text or isinstance(value, str) else text
    return text if len(text) <= _LONGEST or "$" in text else text[: _LONGEST - 1] + "…"


def settings(axis: str, values: Sequence[Any]) -> list[str]:
    """Values on an axis, each told from the others: of objects only what differs."""
    if not all(isinstance(value, Mapping) for value in values):
        return [setting(value) for value in values]
    found = [dict(_leaves(axis, value)) for value in values]
    shared = [key for key in found[0] if len({repr(leaves.get(key)) for leaves in found}) == 1]
    told = [_told([(key, one) for key, one in leaves.items() if key not in shared]) for leaves in found]
    return [f"start: {one}" for one in told] if axis == "/model/init" else told


def equation(axis: str, value: Any) -> str:
    """What an axis is set to, in words."""
    if isinstance(value, Mapping):
        told = _told(list(_leaves(axis, value)))
        return told if axis == "/regularization" else f"{axis_name(axis)}: {told}"
    if isinstance(value, str):
        return f"{axis_name(axis)}: {setting(value)}"
    return f"{axis_name(axis)} = {setting(value)}"


def _leaves(pointer: str, value: Any) -> Iterator[tuple[str, Any]]:
    if not isinstance(value, Mapping):
        yield pointer, value
        return
    for key, inner in value.items():
        yield from _leaves(f"{pointer}/{key}", inner)


def _told(leaves: Sequence[tuple[str, Any]]) -> str:
    """Settings in a row; the scale of a start stands behind its kind without a name."""
    parts = [
        setting(value) if isinstance(value, str) or key == "/model/init/scale" else _equal(key, value)
        for key, value in leaves
        if value not in (None, 0) or key == "/model/init/scale"
    ]
    return " ".join(parts) if len(parts) < 3 else ", ".join([parts[0], " ".join(parts[1:])])


def _equal(key: str, value: Any) -> str:
    return f"{axis_name(key)} = {setting(value)}"


def plain(text: str) -> str:
    """A text of somebody's own, in which nothing is mathematics."""
    shown = text if len(text) <= _LONGEST_NAME else text[: _LONGEST_NAME - 1] + "…"
    # A backslash of a name would keep a formula behind it from being one.
    return shown.replace("\\", _BACKSLASH).replace("$", r"\$")
