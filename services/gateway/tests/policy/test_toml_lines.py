"""Lines of a TOML text: every path that the parser knows, and the line on which its key was written."""

import json
import tomllib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.policy.reading.toml_lines import MAX_DEPTH, TomlPath, scan

ODD = '''# a = "no key"
title = "a = \\"b\\" # no comment" # a comment [x]
"quo.ted" = 'c = "d" [e]'
a . "b.c".d = 1 # dotted
long = """
[not.a.table]
key = 1 # not a comment
\\""" still \\
   inside """""
raw = \'\'\'
[[neither]] '' "
\'\'\'
empty = ["", '', """""", \'\'\'\'\'\']
list = [ # comment in a list
  1, 2.5,
  { x = 1, "y.z" = [ { w = 2026-12-31 10:00:00 } ] }, [3,
  4],
]
at = 2026-12-31 10:00:00.5+01:00
[ table . sub ]
one = { } # nothing
two.three = true
[[ items ]]
name = "x"
[[items.parts]]
p = +1e5
[[items.parts]]
p = inf
[items.only]
q = "["
[[items]]
name = "y"
[[items.parts]]
p = 0x1F'''


def paths(value: Any, path: TomlPath = ()) -> set[TomlPath]:
    """All but the root's."""
    parts: Any = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return {path} - {()} | {deeper for key, part in parts for deeper in paths(part, (*path, key))}


@pytest.mark.parametrize("text", [ODD, ODD.replace("\n", "\r\n"), ODD + "\n\n", ""])
def test_a_path_of_every_kind_has_its_line(text: str) -> None:
    found = scan(text)

    assert set(found.by_path) == paths(tomllib.loads(text))
    expected: dict[TomlPath, int] = {
        ("title",): 2,
        ("quo.ted",): 3,
        ("a", "b.c", "d"): 4,
        ("long",): 5,
        ("raw",): 10,
        ("empty", 3): 13,
        ("list",): 14,
        ("list", 0): 15,
        ("list", 2, "y.z", 0, "w"): 16,
        ("list", 3, 1): 17,
        ("at",): 19,
        ("table",): 20,
        ("table", "sub", "two", "three"): 22,
        ("items",): 23,
        ("items", 0, "parts", 1): 27,
        ("items", 0, "parts", 1, "p"): 28,
        ("items", 0, "only", "q"): 30,
        ("items", 1): 31,
        ("items", 1, "parts", 0, "p"): 34,
    }
    assert {path: found.by_path[path] for path in expected if text} == (expected if text else {})


def test_comments_have_their_lines() -> None:
    assert scan(ODD).comments == [
        (1, '# a = "no key"'),
        (2, "# a comment [x]"),
        (4, "# dotted"),
        (14, "# comment in a list"),
        (21, "# nothing"),
    ]


def test_a_path_without_a_line_has_that_of_the_table_around_it() -> None:
    found = scan("\n[a]\nb = 1\n")

    assert [found.of(path) for path in (("a", "b"), ("a", "missing"), ("a",), ("missing",), ())] == [
        3,
        2,
        2,
        None,
        None,
    ]


@pytest.mark.parametrize(
    "text", [f"a = {'[' * 40}{']' * 40}", f"{'a.' * 40}a = 1", f"[{'a.' * 40}a]", f"a = {'{a = ' * 40}1{'}' * 40}"]
)
def test_what_is_nested_too_deep_is_refused(text: str) -> None:
    tomllib.loads(text)
    assert MAX_DEPTH < 40

    with pytest.raises(RecursionError):
        scan(text)


names = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"], exclude_characters="\x7f"), max_size=5)
keys = st.from_regex("[A-Za-z0-9_-]{1,4}", fullmatch=True) | names.map(
    lambda name: json.dumps(name, ensure_ascii=False)
)
blanks = st.sampled_from(["", " ", "\t"])
texts = st.one_of(
    names.map(lambda text: json.dumps(text, ensure_ascii=False)),
    st.text("ab\"'#[]{}=,. \\", max_size=6).map(lambda text: f"'{text.replace(chr(39), '')}'"),
    st.text('ab"#[]{}=,. \n', max_size=8).map(lambda text: f'"""{text.replace(chr(34) * 3, "")}\\""""'),
    st.text('ab"#[]{}=,. \\\n', max_size=8).map(lambda text: f"'''{text}'''"),
)
scalars = texts | st.sampled_from(
    ["1", "-2.5e3", "true", "2026-01-01", "2026-01-01 10:00:00Z", "10:00:00.5", "0b1", "nan"]
)
ends = st.sampled_from(["", ' # c = 1 [d] "', "#"])


@st.composite
def lists(draw: st.DrawFn, values: st.SearchStrategy[str]) -> str:
    parts = draw(st.lists(values, max_size=3))
    blank = st.sampled_from(["", " ", "\n", " # in it ]\n"])
    inner = ",".join(f"{draw(blank)}{part}{draw(blank)}" for part in parts)
    return f"[{inner}{draw(blank)}]"


@st.composite
def inline_tables(draw: st.DrawFn, values: st.SearchStrategy[str]) -> str:
    parts = draw(st.lists(st.tuples(keys, values), max_size=3))
    return "{" + ",".join(f" {key}{draw(blanks)}={draw(blanks)}{value} " for key, value in parts) + "}"


values = st.recursive(scalars, lambda inner: lists(inner) | inline_tables(inner), max_leaves=6)


@st.composite
def documents(draw: st.DrawFn) -> str:
    lines = []
    for _ in range(draw(st.integers(0, 8))):
        name = draw(st.lists(keys | st.sampled_from(["a", "b"]), min_size=1, max_size=3))
        path = f"{draw(blanks)}.{draw(blanks)}".join(name)
        kind = draw(st.sampled_from(["pair", "pair", "table", "array", "blank"]))
        pair = f"{path}{draw(blanks)}={draw(blanks)}{draw(values)}"
        line = {"pair": pair, "table": f"[{path}]", "array": f"[[{path}]]", "blank": ""}[kind]
        lines.append(f"{draw(blanks)}{line}{draw(ends)}")
    return draw(st.sampled_from(["\n", "\r\n"])).join(lines)


def is_toml(text: str) -> bool:
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return False
    return True


@given(documents().filter(is_toml))
@settings(max_examples=60)  # each document takes some ms to draw
def test_it_knows_just_the_paths_that_the_parser_knows_each_where_its_key_stands(text: str) -> None:
    found = scan(text)

    assert set(found.by_path) == paths(tomllib.loads(text))
    lines = text.replace("\r\n", "\n").split("\n")
    for path, line in found.by_path.items():
        key = path[-1]
        if isinstance(key, str):
            assert key in lines[line - 1] or json.dumps(key, ensure_ascii=False)[1:-1] in lines[line - 1]
