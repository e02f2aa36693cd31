"""Suites of expectations about the plausibility of a year; see README.md."""
