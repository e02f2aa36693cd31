"""Environment in which Prefect works here; it reads its settings once, when it is first imported.

Nothing in this module imports Prefect. Whatever the operator has set stays, except that usage reports are always off.
"""

import os
from pathlib import Path

# Every place in Prefect 3.8 that reports to its makers: the client's first-use events (Amplitude; also silences other
# tools), the server's heartbeat every ten minutes, and spans and machine metrics for Prefect Cloud.
PRIVATE = {
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_CLOUD_ENABLE_ORCHESTRATION_TELEMETRY": "false",
    "PREFECT_TELEMETRY_ENABLE_RESOURCE_METRICS": "false",
}

DEFAULTS = {
    # The operator reads the progress of the stages in Russian, and an error once, told by the command: Prefect would
    # print a traceback for the task and another for the flow. Its database has the states, times and messages anyway;
    # INFO brings its own English messages back.
    "PREFECT_LOGGING_LEVEL": "CRITICAL",
    "PREFECT_LOGGING_EXTRA_LOGGERS": "flows",
    # Without an address the client would start a second server of its own behind our back.
    "PREFECT_SERVER_EPHEMERAL_ENABLED": "false",
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "120",
    # A server that lives for one command has no deployments, automations or typed blocks to look after.
    "PREFECT_API_BLOCKS_REGISTER_ON_START": "false",
    "PREFECT_SERVER_SERVICES_TRIGGERS_ENABLED": "false",
    "PREFECT_SERVER_SERVICES_EVENT_PERSISTER_ENABLED": "false",
}

# A server that stays looks after them; its pages show the events of a run. They are copied from the package on the
# first start, and the package itself may lie where nobody may write.
SERVING = {
    "PREFECT_SERVER_SERVICES_TRIGGERS_ENABLED": "true",
    "PREFECT_SERVER_SERVICES_EVENT_PERSISTER_ENABLED": "true",
    "PREFECT_SERVER_UI_ENABLED": "true",
    # A start is entered a year ahead, so that one which is missed while the machine is off is known and caught up.
    "PREFECT_SERVER_SERVICES_SCHEDULER_MAX_SCHEDULED_TIME": "P400D",
    # The history of runs does not grow for ever: this year's September can be compared with the last one.
    "PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED": "events,flow_runs",
    "PREFECT_SERVER_SERVICES_DB_VACUUM_RETENTION_PERIOD": str(400 * 24 * 60 * 60),  # seconds
}
UI_FOLDER = "pages"

LOOPBACK = ("127.0.0.1", "localhost")


def keep_private() -> None:
    """Switch off every report about the use of Prefect."""
    os.environ.update(PRIVATE)


def configure(home: Path) -> None:
    """Complete the environment with defaults: quiet, quick to start, at home in the region's own folder.

    Args:
        home: folder for Prefect's database and profile; the profile in the user's own folder is not touched.
    """
    keep_private()
    for name, value in {**DEFAULTS, "PREFECT_HOME": str(home.absolute())}.items():
        os.environ.setdefault(name, value)
    for name in ("NO_PROXY", "no_proxy"):
        # Behind an office proxy even requests to this machine would go there and fail.
        listed = [host for host in os.environ.get(name, "").split(",") if host]
        os.environ[name] = ",".join([*listed, *(host for host in LOOPBACK if host not in listed)])


def configure_service(home: Path, host: str, port: int) -> None:
    """Complete the environment for a server that stays, with its pages.

    Args:
        home: folder for Prefect's database and profile.
        host: address at which the server listens.
        port: its port.
    """
    for name, value in SERVING.items():
        os.environ.setdefault(name, value)
    own_pages = f"http://{host}:{port}"
    # Relative: the pages find their server under whatever name they were opened.
    os.environ.setdefault("PREFECT_SERVER_UI_API_URL", "/api")
    # By default any page that is open in the browser could talk to the server on this machine.
    os.environ.setdefault("PREFECT_SERVER_CORS_ALLOWED_ORIGINS", own_pages)
    os.environ.setdefault("PREFECT_SERVER_UI_STATIC_DIRECTORY", str((home / UI_FOLDER).absolute()))
    if password := server_password():
        os.environ.setdefault("PREFECT_API_AUTH_STRING", password)
    configure(home)


def server_password() -> str:
    """What the operator has set as «name:password» for the server; empty where nobody is asked."""
    return os.environ.get("PREFECT_SERVER_API_AUTH_STRING", "")


def home() -> Path:
    """Folder of Prefect's database and profile."""
    return Path(os.environ["PREFECT_HOME"])


def server_address() -> str:
    """Address of the Prefect server to talk to; empty where neither the operator nor this process has named one."""
    return os.environ.get("PREFECT_API_URL", "")


def use_server(address: str) -> None:
    """Name the server that this process talks to."""
    os.environ["PREFECT_API_URL"] = address


def startup_seconds() -> float:
    """How long to wait for the embedded server."""
    return float(os.environ["PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS"])
