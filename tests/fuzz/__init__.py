"""Inputs made up by the thousand, of the structure that is read: no crash, no hang, nothing that commands a terminal.

    python -m tests.fuzz --minutes 60

Inputs grow out of the samples and the tests' data: manifests, raw YAML, confs, requests, suites and command lines. A
small run of it, always the same, is among the tests.
"""
