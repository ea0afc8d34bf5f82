"""Reference models: what the harness is shown on, and its first test."""
