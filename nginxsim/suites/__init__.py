"""Declarative request tests over an estate: suite files, their expectations, coverage, and the same suites live."""
