"""What an Ingress' annotations mean to the controller: the table of annotations, their parsers and the extraction."""

from nginxsim.annotations.extract import Extractor
from nginxsim.annotations.gates import BlockedWord, blocked_word, blocked_words, without_snippets
from nginxsim.annotations.table import FAMILIES, TABLE
from nginxsim.annotations.unknown import KNOWN_NAMES, RETIRED, unknown_annotations
from nginxsim.annotations.values import Extraction, ParsedAnnotations, Problem

__all__ = [
    "FAMILIES",
    "KNOWN_NAMES",
    "RETIRED",
    "TABLE",
    "BlockedWord",
    "Extraction",
    "Extractor",
    "ParsedAnnotations",
    "Problem",
    "blocked_word",
    "blocked_words",
    "unknown_annotations",
    "without_snippets",
]
