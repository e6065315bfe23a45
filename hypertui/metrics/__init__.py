"""The figures for Prometheus, and whether the engine lives and is ready: by HTTP, on its own address."""
