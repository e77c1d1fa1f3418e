"""Where the platform is and with which key: options, then the data directory of `headrace up`."""

from pathlib import Path
from typing import Annotated

import typer
from msgspec import DecodeError, Struct, json

from headrace.cluster.cli.address import checked_key, checked_url
from headrace.cluster.cli.failures import BadInput

DATA_DIR = Path(".headrace")
FILE = "credentials.json"
CONNECTION = "Connection"

UrlOption = Annotated[
    str | None,
    typer.Option(
        "--url",
        envvar="HEADRACE_URL",
        help="Base URL of the API. [dim]Default: of the platform in --data-dir[/dim]",
        rich_help_panel=CONNECTION,
        show_default=False,
    ),
]
ApiKeyOption = Annotated[
    str | None,
    typer.Option(
        "--api-key",
        envvar="HEADRACE_API_KEY",
        help="API key. [dim]Default: that of the platform in --data-dir[/dim]",
        rich_help_panel=CONNECTION,
        show_default=False,
        show_envvar=True,
    ),
]
DataDirOption = Annotated[
    Path,
    typer.Option(
        "--data-dir",
        envvar="HEADRACE_DATA_DIR",
        help="Data directory of a local platform.",
        rich_help_panel=CONNECTION,
        file_okay=False,
    ),
]
JsonOption = Annotated[
    bool,
    typer.Option("--json", help="The last line on standard output is one JSON object."),
]


class Credentials(Struct, kw_only=True):
    """What `headrace up` leaves in `credentials.json` (readable by its owner only)."""

    url: str
    operator_key: str = ""
    tenant: str = ""
    api_key: str = ""


def of_data_dir(data_dir: Path) -> Credentials | None:
    """The credentials of a platform started there; None when there never was one."""
    path = data_dir / FILE
    try:
        return json.decode(path.read_bytes(), type=Credentials)
    except FileNotFoundError:
        return None
    except (DecodeError, OSError) as error:
        raise BadInput(f"cannot read {path}: {error}") from error


def resolve(
    url: str | None, api_key: str | None, data_dir: Path, operator: bool = False
) -> tuple[str, str]:
    """URL and key to use; with `operator` a missing key is the data directory's operator key.

    BadInput when one is missing or can't be used.
    """
    found = of_data_dir(data_dir) if url is None or api_key is None else None
    url_source, key_source = "--url or HEADRACE_URL", "--api-key or HEADRACE_API_KEY"
    if url is None:
        if found is None:
            raise BadInput(
                f"no platform in {data_dir}: start one with `headrace up`, "
                "or give --url or HEADRACE_URL"
            )
        url, url_source = found.url, f"the URL in {data_dir / FILE}"
    if api_key is None:
        api_key = (found.operator_key if operator else found.api_key) if found else ""
        key_source = f"the key in {data_dir / FILE}"
        if not api_key:
            raise BadInput(
                f"no API key in {data_dir}: give --api-key or HEADRACE_API_KEY"
                + ("" if operator else " (`headrace tenant create NAME` makes one)")
            )
    return checked_url(url, url_source), checked_key(api_key, key_source)
