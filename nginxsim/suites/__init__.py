"""Declarative request tests over an estate: suite files, their expectations, coverage, and the same suites live."""

SUFFIXES = (".nginxsim.yaml", ".nginxsim.yml")
"""How the name of a suite file ends."""
