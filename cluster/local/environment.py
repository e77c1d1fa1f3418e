"""The environment that Ray, Serve and HAProxy of one local platform start in.

Two platforms on one machine share nothing: each has its run's folder and its own ports. All of
it listens on the loopback interface and asks for the platform's token, since whoever can call Ray
can run code.
"""

import os
import sys
from pathlib import Path

from headrace.cluster.local.ports import free_ports
from headrace.runtime.settings import Settings


def of_platform(settings: Settings, run: Path, token_file: Path) -> dict[str, str]:
    """Variables to set before Ray is imported; makes what they point to. `run` is short."""
    temporary = run / "tmp"
    temporary.mkdir(exist_ok=True)
    autoscaler_port, dashboard_port = free_ports(2)
    return {
        **settings.in_variables(),
        "TMPDIR": str(temporary),
        "RAY_USAGE_STATS_ENABLED": "0",
        # How long its processes wait for each other at the start, on a machine however busy.
        "RAY_gcs_server_port_wait_time_s": "60",
        "RAY_raylet_start_wait_time_s": "60",
        "RAY_agent_register_timeout_ms": "60000",
        # Ray's handler for crashes also takes SIGTERM, on which this process stops in order.
        "RAY_DISABLE_FAILURE_SIGNAL_HANDLER": "1",
        "RAY_AUTH_MODE": "token",
        "RAY_AUTH_TOKEN_PATH": str(token_file),
        # The name notwithstanding: 0 makes Ray's node address 127.0.0.1, on Linux too.
        "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",
        # Started by `uv run`, Ray would otherwise ship the working directory to its workers.
        "RAY_ENABLE_UV_RUN_RUNTIME_ENV": "0",
        "AUTOSCALER_METRIC_PORT": str(autoscaler_port),
        "DASHBOARD_METRIC_PORT": str(dashboard_port),
        "RAY_SERVE_THROUGHPUT_OPTIMIZED": "1",
        "RAY_SERVE_METRICS_EXPORT_INTERVAL_MS": "5000",
        "RAY_SERVE_HTTP_PROXY_CALLBACK_IMPORT_PATH": "headrace.serve.gateway.asgi.middlewares",
        # Ten turns a second of Serve's controller cost 3 % of a core, idle or not.
        "RAY_SERVE_CONTROL_LOOP_INTERVAL_S": "0.3",
        # What Ray gathers for its own pages, which nobody waits for: each some wake-ups a second.
        "EVENT_AGENT_REPORT_INTERVAL_SECONDS": "5",
        "METRICS_RECORD_INTERVAL_S": "60",
        "REPORTER_UPDATE_INTERVAL_MS": "30000",
        "SCAN_EVENT_DIR_INTERVAL_SECONDS": "60",
        "RAY_metrics_report_interval_ms": "60000",
        "RAY_task_events_report_interval_ms": "0",
        "RAY_SERVE_PROXY_HEALTH_CHECK_PERIOD_S": "1",  # a dead HAProxy is replaced in 8 s, not 30
        # What was accepted is answered before a replica ends; the rest of the wait is for nothing.
        "RAY_SERVE_DIRECT_INGRESS_MIN_DRAINING_PERIOD_S": "0",
        **(_haproxy(settings, run) if sys.platform == "linux" else {}),
    }


def _haproxy(settings: Settings, run: Path) -> dict[str, str]:
    from headrace.cluster.local import haproxy

    metrics_port, stats_port, fallback_port = free_ports(3)
    return {
        "RAY_SERVE_ENABLE_HA_PROXY": "1",
        "RAY_SERVE_HAPROXY_BINARY_PATH": str(haproxy.write_wrapper(run, settings)),
        "RAY_SERVE_HAPROXY_MAXCONN": str(
            haproxy.connections_max(settings.local.front_connections_max)
        ),
        "RAY_SERVE_HAPROXY_TIMEOUT_CLIENT_S": str(settings.local.front_client_timeout_s),
        # A line a request for Serve's metrics costs 35 us; the gateway counts for itself.
        "RAY_SERVE_HAPROXY_METRICS_ENABLED": "0",
        "RAY_SERVE_HAPROXY_NBTHREAD": str(max(1, (os.cpu_count() or 1) // 2)),
        # Serve puts a folder named after the node between these paths' folder and name.
        "RAY_SERVE_HAPROXY_CONFIG_FILE_LOC": f"{run}/haproxy.cfg",
        "RAY_SERVE_HAPROXY_SOCKET_PATH": f"{run}/admin.sock",
        "RAY_SERVE_HAPROXY_METRICS_SOCKET_PATH": f"{run}/metrics.sock",
        "RAY_SERVE_HAPROXY_SERVER_STATE_BASE": str(run),
        "RAY_SERVE_HAPROXY_SERVER_STATE_FILE": f"{run}/server-state",
        "RAY_SERVE_HAPROXY_METRICS_PORT": str(metrics_port),
        "RAY_SERVE_HAPROXY_STATS_PORT": str(stats_port),
        "RAY_SERVE_FALLBACK_PROXY_HTTP_PORT": str(fallback_port),
    }
