"""Pictures that the service draws."""

from collections.abc import Mapping
from typing import Any, Literal, TypedDict

from api.client.talk import Ask, Talk

Form = Literal["svg", "png"]


class Wanted(TypedDict, total=False):
    """What a picture is to show; what is left out is chosen by what fits."""

    kind: str
    x: str
    y: str
    value: str
    colour: str
    metric: str | list[str]
    figure: str


class Picture(bytes):
    """The bytes of a picture's file; notebooks show it. `form` is that of the bytes."""

    form: Form

    def __new__(cls, data: bytes, form: Form) -> "Picture":
        made = super().__new__(cls, data)
        made.form = form
        return made

    def __repr__(self) -> str:
        return f"Picture({len(self)} bytes of {self.form})"

    def _repr_svg_(self) -> str | None:
        return self.decode() if self.form == "svg" else None

    def _repr_png_(self) -> bytes | None:
        return bytes(self) if self.form == "png" else None


def plot(resource_id: str, form: Form, wanted: Mapping[str, Any]) -> Talk[Picture]:
    """Asks for the picture of an experiment or a run."""
    answer = yield Ask("GET", f"{_path(resource_id)}/plot.{form}", {"params": wanted})
    return Picture(answer.content, form)


def _path(resource_id: str) -> str:
    return f"/v1/{'runs' if resource_id.startswith('run_') else 'experiments'}/{resource_id}"
