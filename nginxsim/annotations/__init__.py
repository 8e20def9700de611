"""What an Ingress' annotations mean to the controller: the table of annotations, their parsers and the extraction."""

from nginxsim.annotations.extract import Extractor
from nginxsim.annotations.gates import BlockedWord, blocked_word, blocked_words, without_snippets
from nginxsim.annotations.table import FAMILIES, NAMES, TABLE, known_names
from nginxsim.annotations.unknown import Stranger, unknown_annotations
from nginxsim.annotations.values import Extraction, ParsedAnnotations, Problem

__all__ = [
    "FAMILIES",
    "NAMES",
    "TABLE",
    "BlockedWord",
    "Extraction",
    "Extractor",
    "ParsedAnnotations",
    "Problem",
    "Stranger",
    "blocked_word",
    "blocked_words",
    "known_names",
    "unknown_annotations",
    "without_snippets",
]
