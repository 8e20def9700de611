"""Where text comes from: files, folders, standard input."""

from nginxsim.sources.files import STDIN, SUFFIXES, File, read_files

__all__ = ["STDIN", "SUFFIXES", "File", "read_files"]
