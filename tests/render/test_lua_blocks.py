"""Lua in snippets: the controller re-indents it with tabs, also within strings, and keeps the rest as it is."""

from __future__ import annotations

from nginxsim.render.text import snippet, unfold


def laid_out(text: str, depth: int = 3) -> str:
    return unfold(snippet(text), depth)


def test_lines_of_lua_begin_with_one_tab_for_each_open_brace() -> None:
    written = "access_by_lua_block {\n  ngx.say([[one\n    two]])\n}\nadd_header X-A b;\n"
    assert laid_out(written) == (
        "access_by_lua_block {\n\t\t\t\tngx.say([[one\n\t\t\t\ttwo]])\n\t\t\t}\n"
        "            add_header X-A b;\n            "
    )


def test_braces_in_strings_and_comments_of_lua_do_not_end_the_block() -> None:
    written = 'access_by_lua_block {\n local a = "}" -- {\n local b = [==[ }\n {\n ]==]\n}\nreturn 200;\nreturn 201;'
    lua, _, behind = laid_out(written).partition("return 200;")
    assert lua.count("\n\t") == 5
    assert behind == "\n            return 201;"
