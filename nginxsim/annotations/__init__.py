"""What an Ingress' annotations mean to the controller: the table of annotations, their parsers and the extraction."""

from nginxsim.annotations.extract import Extractor
from nginxsim.annotations.gates import BlockedWord, blocked_word, blocked_words, without_snippets
from nginxsim.annotations.table import FAMILIES, NAMES, TABLE, known_names
from nginxsim.annotations.unknown import Stranger, unknown_annotations
from nginxsim.annotations.values import Effect, Extraction, Named, ParsedAnnotations, Problem, Wrong

__all__ = [
    "FAMILIES",
    "NAMES",
    "TABLE",
    "BlockedWord",
    "Effect",
    "Extraction",
    "Extractor",
    "Named",
    "ParsedAnnotations",
    "Problem",
    "Stranger",
    "Wrong",
    "blocked_word",
    "blocked_words",
    "known_names",
    "unknown_annotations",
    "without_snippets",
]
