"""What the reports in XML have in common."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import click

# Characters that XML 1.0 has no way to write.
_UNWRITABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def writable(text: str) -> str:
    """The text without colours, and with a mark for each character that XML cannot hold."""
    return _UNWRITABLE.sub("\N{REPLACEMENT CHARACTER}", click.unstyle(text))


def document(root: ET.Element) -> str:
    """The whole document, indented, without an end of line."""
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=True)
