"""From the body of a POST to a webhook that may be kept."""

import secrets
from urllib.parse import urlsplit

from pydantic import ValidationError

from api.errors import Fault, InvalidRequest
from api.schemas import WebhookRequest
from api.strict_json import parse
from api.webhooks.addresses import forbidden_host, is_host
from core.spec.errors import from_pydantic
from core.store import NewWebhook


def read_webhook(body: bytes, *, allow_private: bool) -> NewWebhook:
    """The webhook that the body asks for, with a secret. Raises MalformedBody, InvalidRequest."""
    data = parse(body)
    try:
        asked = WebhookRequest.model_validate(data)
    except ValidationError as error:
        faults = [Fault(e.pointer, e.message, e.value) for e in from_pydantic(error, data, WebhookRequest)]
        shown = "; ".join(f"{fault.pointer or '/'}: {fault.message}" for fault in faults[:3])
        raise InvalidRequest(shown, faults[:20]) from None
    if (wrong := _wrong(asked.url, allow_private)) is not None:
        raise _refused("/url", wrong, asked.url)
    events = tuple(dict.fromkeys(asked.events))
    secret = asked.secret or f"whsec_{secrets.token_urlsafe(32)}"
    return NewWebhook(asked.url, events, secret, asked.experiment, asked.tag)


def unknown_experiment(experiment_id: str) -> InvalidRequest:
    """The refusal of a webhook for an experiment that there is not."""
    return _refused("/experiment", "the id of an experiment", experiment_id)


def _wrong(url: str, allow_private: bool) -> str | None:
    """What a URL must be, if it is not."""
    shape = "an address such as https://host/path, with neither user nor fragment"
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return shape
    if parts.scheme not in ("http", "https") or not parts.hostname or port == 0 or parts.fragment:
        return shape
    if "@" in parts.netloc or "\\" in url or not is_host(_written_host(parts.netloc)):
        return shape
    if not allow_private and forbidden_host(parts.hostname):
        return "a public address; GROKLAB_WEBHOOK_ALLOW_PRIVATE=1 admits others"
    return None


def _written_host(netloc: str) -> str:
    """The host as it stands there, in ASCII where it has an IDNA form."""
    host = netloc[: netloc.rindex("]") + 1] if netloc.startswith("[") else netloc.partition(":")[0]
    try:
        return host.encode("idna").decode() if not host.isascii() else host
    except UnicodeError:
        return ""


def _refused(pointer: str, message: str, value: object) -> InvalidRequest:
    return InvalidRequest(f"{pointer}: must be {message}", [Fault(pointer, message, value)])
