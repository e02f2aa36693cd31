"""Benchmarks: speed, scale and prediction. They are run, never imported by the package."""
