"""Where text comes from: files, folders, standard input."""

from nginxsim.sources.files import LIMIT, STDIN, SUFFIXES, File, SkippedFile, is_file, read_bytes, read_files

__all__ = ["LIMIT", "STDIN", "SUFFIXES", "File", "SkippedFile", "is_file", "read_bytes", "read_files"]
