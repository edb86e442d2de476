"""Which metrics Azure ML has, by name: a rollback asks for none and need not learn how."""

WORD = "azure_monitor"
"""The key of a custom metric's source in canary.yaml."""

NAMES = frozenset(
    {
        *("requests", "errors", "errors_5xx", "errors_4xx", "model_errors"),
        *("latency_p50", "latency_p90", "latency_p95", "latency_p99"),
        *("cpu", "memory", "gpu"),
    }
)
"""The built-in ones."""
