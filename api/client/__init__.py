"""A client of the service's HTTP interface, for scripts and for the command line."""

from api.client.async_handle import AsyncExperiment
from api.client.awaiting import AsyncClient
from api.client.blocking import Client
from api.client.curves import Curve
from api.client.errors import BadToken, Fault, MissingPackage, Refused, Unreachable
from api.client.handle import Experiment
from api.client.pictures import Picture
from api.client.views import DeliveryState, Progress, RunView, VerificationView

__all__ = [
    "AsyncClient",
    "AsyncExperiment",
    "BadToken",
    "Client",
    "Curve",
    "DeliveryState",
    "Experiment",
    "Fault",
    "MissingPackage",
    "Picture",
    "Progress",
    "Refused",
    "RunView",
    "Unreachable",
    "VerificationView",
]
