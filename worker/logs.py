"""Structured logs of every process: a record is a line on standard error."""

import json
import logging
import os
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from types import MappingProxyType, TracebackType
from typing import Any, Literal

LogFormat = Literal["json", "text"]

_PLAIN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "color_message", "taskName"}
_NOTHING: Mapping[str, object] = MappingProxyType({})
_here: ContextVar[Mapping[str, object]] = ContextVar("log_fields", default=_NOTHING)
_everywhere: dict[str, object] = {}


@contextmanager
def log_fields(**fields: object) -> Iterator[None]:
    """Inside of it every record of this thread or task has these fields; inner ones win.

    A thread that is to have them is started in a copy of this context.
    """
    token = _here.set({**_here.get(), **fields})
    try:
        yield
    finally:
        _here.reset(token)


def log_fields_of_process(**fields: object) -> None:
    """Every record of this process, of whatever thread, has these fields from now on."""
    _everywhere.update(fields)


class JsonLines(logging.Formatter):
    """A record as one JSON object; what was passed as `extra` becomes fields, a traceback `trace`."""

    def format(self, record: logging.LogRecord) -> str:
        fields: dict[str, Any] = {
            "at": _time(record),
            "level": record.levelname.lower(),
            "process": record.process,
            "logger": record.name,
            "message": record.getMessage(),
            **_fields(record),
        }
        if record.exc_info:
            fields["trace"] = self.formatException(record.exc_info)
        return json.dumps(fields, default=str)


class TextLines(logging.Formatter):
    """A record as a line to be read by people, fields as `name=value` behind it; a traceback follows."""

    def format(self, record: logging.LogRecord) -> str:
        fields = "".join(f" {name}={value}" for name, value in _fields(record).items())
        line = f"{_time(record)} {record.levelname:7} {record.name} {record.getMessage()}{fields}"
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


def configure_logging(level: str, form: LogFormat = "json") -> None:
    """Sends every log of the process to standard error, warnings and uncaught exceptions with them."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines() if form == "json" else TextLines())
    handler.addFilter(_with_fields)
    logging.basicConfig(level=level, handlers=[handler], force=True)
    logging.captureWarnings(True)
    sys.excepthook = _on_uncaught
    threading.excepthook = _on_uncaught_in_thread
    # What alembic tells at every start is no news.
    logging.getLogger("alembic").setLevel(max(logging.WARNING, logging.getLevelName(level)))


def say(message: str, *_: object) -> None:
    """A line at once, past the locks and buffers of logging: for signal handlers."""
    told = {"name": __name__, "levelno": logging.INFO, "levelname": "INFO", "msg": message.strip()}
    record = logging.makeLogRecord(told)
    for handler in logging.getLogger().handlers:
        handler.filter(record)
        os.write(sys.stderr.fileno(), f"{handler.format(record)}\n".encode())


def _with_fields(record: logging.LogRecord) -> bool:
    for name, value in {**_everywhere, **_here.get()}.items():
        vars(record).setdefault(name, value)
    return True


def _fields(record: logging.LogRecord) -> dict[str, Any]:
    return {name: value for name, value in vars(record).items() if name not in _PLAIN}


def _time(record: logging.LogRecord) -> str:
    at = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
    return f"{at}.{int(record.msecs):03d}Z"


def _on_uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
        return
    logging.getLogger("groklab").critical("uncaught exception", exc_info=(kind, error, trace))


def _on_uncaught_in_thread(found: threading.ExceptHookArgs) -> None:
    error = found.exc_value or found.exc_type()
    name = found.thread.name if found.thread else None
    logging.getLogger("groklab").critical(
        "uncaught exception in a thread",
        exc_info=(found.exc_type, error, found.exc_traceback),
        extra={"thread_name": name},
    )
