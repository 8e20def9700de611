"""Text as the controller's template writes it: quoting, escaping and the re-indentation that runs over its output.

ingress-nginx 1.15.1: internal/ingress/controller/template/template.go.
"""

from __future__ import annotations

import re

_SIZE = re.compile(r"[0-9]+[kKmM]?\Z")
_OFFSET = re.compile(r"[0-9]+[kKmMgG]?\Z")
_PARTS = re.compile(r"(\\\$[0-9a-zA-Z_]+)|\$\{([0-9a-zA-Z_]+)\}|\$([0-9a-zA-Z_]+)|(\$|[^$\\]+)")
_GO_SPACE = " \t\n\v\f\r\x85\xa0"
_REGEX_SPECIAL = re.compile(r"[\\.+*?()|\[\]{}^$]")

# Line breaks inside a value, until `unfold` knows how deep they are nested: in quotes, where every blank is part of the
# value, and between directives, where the layout is ours to choose. Both are halves of surrogate pairs, which no
# manifest holds.
QUOTED_BREAK = "\ud802"
BREAK = "\ud803"
_BREAKS = re.compile(f"([{QUOTED_BREAK}{BREAK}])")
_INDENT = {QUOTED_BREAK: "\t", BREAK: "    "}
_COMMENT = re.compile(r"#[^\n]*")
_TOKEN = re.compile(r""""(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|\#[^\n]*|\n|[^\s;{}]+""", re.DOTALL)
_LUA_BLOCK = re.compile(r"\b\w+_by_lua_block(?:\s++\$\w++)?\s*+\{")
_LUA = re.compile(r"""(?:--)?\[(=*+)\[|--[^\n]*+|"(?:\\.|[^"\\])*+"?|'(?:\\.|[^'\\])*+'?|[{}]""", re.DOTALL)
"""What matters for where Lua ends; group 1: of a long bracket that opens."""


def literal_dollars(text: str) -> str:
    """Dollar signs as a variable that holds one, so that nginx expands nothing else."""
    return text.replace("$", "${literal_dollar}")


def in_quotes(text: str) -> str:
    """A path or name that is safe between double quotes: backslashes and quotes escaped."""
    return text.replace("\\", "\\\\").replace('"', '\\"')


def is_size(text: str) -> bool:
    """Whether nginx takes it as a size: digits with k or m."""
    return _SIZE.match(text.strip(_GO_SPACE)) is not None


def is_offset(text: str) -> bool:
    """Whether nginx takes it as an offset: digits with k, m or g."""
    return _OFFSET.match(text.strip(_GO_SPACE)) is not None


def kilobytes(size: int) -> str:
    """The size of a Lua dictionary: "10M", or "10241K" where it is no whole number of megabytes."""
    return f"{size}K" if size % 1024 else f"{size // 1024}M"


def quote_meta(text: str) -> str:
    """Go's regexp.QuoteMeta."""
    return _REGEX_SPECIAL.sub(r"\\\g<0>", text)


def header_variable(name: str) -> str:
    """The variable nginx keeps a request header in."""
    return "$http_" + name.replace("-", "_").lower()


def lua_parts(text: str) -> str:
    """A value with nginx variables as a Lua table: a row for each part, in one of four columns what it is."""
    rows = (
        ", ".join(f'"{part}"' if part else "nil" for part in found.groups(default=""))
        for found in _PARTS.finditer(text)
    )
    return "{ " + "".join(f"{{ {row}, }}, " for row in rows) + "}"


def lines(text: str) -> str:
    """A value that stands in quotes and may run over several lines, to be laid out by `unfold`."""
    return _plain_ends(text).replace("\n", QUOTED_BREAK) if _is_long(text) else text


def snippet(text: str) -> str:
    """Directives somebody wrote, to be laid out by `unfold`. Lua between them is a value, blanks and all."""
    if not _is_long(text):
        return text
    out: list[str] = []
    text, at = _plain_ends(text), 0
    for block in _LUA_BLOCK.finditer(text):
        if block.start() >= at:
            end = _end_of_lua(text, block.end())
            out += (_TOKEN.sub(_marked, text[at : block.end()]), text[block.end() : end].replace("\n", QUOTED_BREAK))
            at = end
    return "".join((*out, _TOKEN.sub(_marked, text[at:])))


def _end_of_lua(text: str, at: int) -> int:
    """Where the brace stands that ends a block of Lua, in which strings and comments may hold any others."""
    depth = 1
    while depth and (piece := _LUA.search(text, at)):
        begin, at = piece.start(), piece.end()
        depth += {"{": 1, "}": -1}.get(piece[0], 0)
        if depth == 0:
            return begin
        if piece[1] is not None:
            closing = f"]{piece[1]}]"
            end = text.find(closing, at)
            at = end + len(closing) if end >= 0 else len(text)
    return len(text)


def _is_long(text: str) -> bool:
    return "\n" in text or "\r" in text


def _plain_ends(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", " ")


def _marked(token: re.Match[str]) -> str:
    text = token[0]
    return BREAK if text == "\n" else text.replace("\n", QUOTED_BREAK)


def unfold(text: str, depth: int = 0) -> str:
    """Breaks values into their lines, each indented for every brace open before it.

    The controller re-indents its whole output without regard to quotes, which changes quoted text of several lines, and
    that text must come out here as it does there. Empty lines in a row shrink to one. `depth`: braces open before it.
    """
    parts = _BREAKS.split(text)
    out = [parts[0]]
    depth += _opened(parts[0])
    blank = _ends_blank(parts[0])
    for mark, piece in zip(parts[1::2], parts[2::2], strict=True):
        line, end, tail = piece.partition("\n")
        line = line.lstrip(" \t")
        if line or end or not blank:
            out += ("\n", _INDENT[mark] * (depth - line.startswith("}")), line, end, tail)
        depth += _opened(piece)
        blank = _ends_blank(tail) if end else not line
    return "".join(out)


def _ends_blank(text: str) -> bool:
    return not text.rpartition("\n")[2].strip(" \t")


def _opened(text: str) -> int:
    """Braces opened less those closed, comments aside; a hash in quotes starts a comment too, as for the controller."""
    if "#" in text:
        text = _COMMENT.sub("", text)
    return text.count("{") - text.count("}")
