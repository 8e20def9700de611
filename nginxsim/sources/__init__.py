"""Where text comes from: files, folders, standard input, and what tools make of them."""

from nginxsim.sources.estates import Estate, by_cluster, split
from nginxsim.sources.files import LIMIT, STDIN, File, Reader, read_bytes, read_stdin, read_text
from nginxsim.sources.folders import SUFFIXES, is_file
from nginxsim.sources.foreign import HEAD
from nginxsim.sources.helm import Release
from nginxsim.sources.naming import Naming
from nginxsim.sources.omissions import Omission, Omitted, SkippedFile, tell
from nginxsim.sources.project import Project, project_of, reading_of
from nginxsim.sources.reading import PLAIN_READING, Reading, read_files
from nginxsim.sources.tools import scratch

__all__ = [
    "HEAD",
    "LIMIT",
    "PLAIN_READING",
    "STDIN",
    "SUFFIXES",
    "Estate",
    "File",
    "Naming",
    "Omission",
    "Omitted",
    "Project",
    "Reader",
    "Reading",
    "Release",
    "SkippedFile",
    "by_cluster",
    "is_file",
    "project_of",
    "read_bytes",
    "read_files",
    "read_stdin",
    "read_text",
    "reading_of",
    "scratch",
    "split",
    "tell",
]
