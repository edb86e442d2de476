"""Which metrics Vertex AI has, by name: a rollback asks for none and need not learn how."""

WORD = "cloud_monitoring"
"""The key of a custom metric's source in canary.yaml."""

NAMES = frozenset(
    {
        *("requests", "errors", "errors_5xx", "errors_4xx", "model_errors"),
        *("latency", "latency_over", "latency_p50", "latency_p90", "latency_p95", "latency_p99"),
        *("overhead_p50", "overhead_p99"),
        *("cpu", "memory", "gpu"),
    }
)
"""The built-in ones; the number of `replicas` can be asked for beside them."""
