"""Help of arguments on the command line."""

from typing import Annotated, Any, get_args, get_origin, get_type_hints

from typer.models import ArgumentInfo


def told(command: Any) -> Any:
    """The command, and those below it, with the help of their arguments."""
    for below in getattr(command, "commands", {}).values():
        told(below)
    helps = _helps(command.callback) if command.callback else {}
    for parameter in command.params:
        # Click 8.5 forgets what Typer 0.24 says of them.
        if getattr(parameter, "help", None) is None and parameter.name in helps:
            parameter.help = helps[parameter.name]
    return command


def _helps(callback: Any) -> dict[str, str | None]:
    hints = get_type_hints(callback, include_extras=True)
    annotated = {name: get_args(hint)[1:] for name, hint in hints.items() if get_origin(hint) is Annotated}
    told_of = ((name, info) for name, infos in annotated.items() for info in infos)
    return {name: info.help for name, info in told_of if isinstance(info, ArgumentInfo)}
