"""A .proto file as a descriptor: messages, enums and fields; options, services and extensions are passed over.

A registry that returns text leaves its reading to the client. For values only names, numbers and types matter.
"""

import re
from collections.abc import Iterator
from typing import Final

from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    EnumDescriptorProto,
    FieldDescriptorProto,
    FileDescriptorProto,
)

_TOKEN: Final = re.compile(
    r"""\s+ | //[^\n]* | /\*.*?\*/
    | (?P<token> "(?:[^"\\\n]|\\.)*" | '(?:[^'\\\n]|\\.)*'
    | \.?[A-Za-z_][\w.]* | [-+]?\d[\w.+-]* | [{}()\[\]<>=;,:/-] )""",
    re.VERBOSE | re.DOTALL,
)
SCALARS: Final = {
    name: getattr(FieldDescriptorProto, f"TYPE_{name.upper()}")
    for name in (
        "double",
        "float",
        "int32",
        "int64",
        "uint32",
        "uint64",
        "sint32",
        "sint64",
        "fixed32",
        "fixed64",
        "sfixed32",
        "sfixed64",
        "bool",
        "string",
        "bytes",
    )
}
LABELS: Final = {
    "optional": FieldDescriptorProto.LABEL_OPTIONAL,
    "required": FieldDescriptorProto.LABEL_REQUIRED,
    "repeated": FieldDescriptorProto.LABEL_REPEATED,
}
SKIPPED: Final = frozenset({"option", "reserved", "extensions"})
SKIPPED_BLOCKS: Final = frozenset({"extend", "service"})
MAX_NESTING: Final = 32


def parse_proto(text: str) -> FileDescriptorProto:
    """Raises ValueError where the text is no file of Protobuf, or one with what is not read here, such as groups."""
    return _Parser(text).file()


def _tokens(text: str) -> Iterator[str]:
    at = 0
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None or found.end() == at:
            raise ValueError(f"unexpected character at {at}")
        at = found.end()
        if found["token"] is not None:
            yield found["token"]


class _Parser:
    def __init__(self, text: str) -> None:
        self._tokens = [*_tokens(text)]
        self._at = 0
        self._is_proto3 = False

    def file(self) -> FileDescriptorProto:
        file = FileDescriptorProto(syntax="proto2")
        while self._at < len(self._tokens):
            word = self._next()
            if word == "syntax":
                self._expect("=")
                file.syntax = self._string()
                self._is_proto3 = file.syntax == "proto3"
                self._expect(";")
            elif word == "package":
                file.package = self._next()
                self._expect(";")
            elif word == "import":
                self._import(file)
            elif word == "message":
                self._message(file.message_type.add(), 0)
            elif word == "enum":
                self._enum(file.enum_type.add())
            else:
                self._skip(word)
        return file

    def _import(self, file: FileDescriptorProto) -> None:
        if self._peek() in ("public", "weak") and self._next() == "public":
            file.public_dependency.append(len(file.dependency))
        file.dependency.append(self._string())
        self._expect(";")

    def _message(self, message: DescriptorProto, depth: int) -> None:
        if depth > MAX_NESTING:
            raise ValueError("nested too deeply")
        message.name = self._next()
        self._expect("{")
        optional: list[FieldDescriptorProto] = []
        while (word := self._next()) != "}":
            if word == "message":
                self._message(message.nested_type.add(), depth + 1)
            elif word == "enum":
                self._enum(message.enum_type.add())
            elif word == "oneof":
                self._oneof(message)
            elif word in SKIPPED | SKIPPED_BLOCKS | {";"}:
                self._skip(word)
            else:
                self._field(message, word, optional)
        for field in optional:  # what proto3 calls optional is a choice of one, after all real choices
            field.oneof_index = len(message.oneof_decl)
            message.oneof_decl.add(name=f"_{field.name}")

    def _oneof(self, message: DescriptorProto) -> None:
        index = len(message.oneof_decl)
        message.oneof_decl.add(name=self._next())
        self._expect("{")
        while (word := self._next()) != "}":
            if word in ("option", ";"):
                self._skip(word)
            else:
                self._field(message, word, []).oneof_index = index

    def _field(self, message: DescriptorProto, word: str, optional: list[FieldDescriptorProto]) -> FieldDescriptorProto:
        field = message.field.add(label=LABELS.get(word, FieldDescriptorProto.LABEL_OPTIONAL))
        if word == "optional" and self._is_proto3:
            field.proto3_optional = True
            optional.append(field)
        kind = self._next() if word in LABELS else word
        if kind == "group":
            raise ValueError("groups are not read")
        if kind == "map" and self._peek() == "<":
            self._map(message, field)
        else:
            _set_type(field, kind)
            field.name = self._next()
        if field.type == 0 and not field.type_name:
            raise ValueError(f"no type of {field.name}")
        self._expect("=")
        field.number = int(self._next(), 0)
        self._skip(";")
        return field

    def _map(self, message: DescriptorProto, field: FieldDescriptorProto) -> None:
        self._expect("<")
        key = self._next()
        self._expect(",")
        value = self._next()
        self._expect(">")
        field.name = self._next()
        entry = message.nested_type.add(name="".join(part.title() for part in field.name.split("_")) + "Entry")
        entry.options.map_entry = True
        for number, (name, kind) in enumerate((("key", key), ("value", value)), 1):
            _set_type(entry.field.add(name=name, number=number, label=FieldDescriptorProto.LABEL_OPTIONAL), kind)
        field.label = FieldDescriptorProto.LABEL_REPEATED
        field.type_name = entry.name

    def _enum(self, enum: EnumDescriptorProto) -> None:
        enum.name = self._next()
        self._expect("{")
        while (word := self._next()) != "}":
            if word == "option":
                allows_alias = self._peek() == "allow_alias"
                self._skip(word)
                if allows_alias:
                    enum.options.allow_alias = True
            elif word in SKIPPED | {";"}:
                self._skip(word)
            else:
                self._expect("=")
                enum.value.add(name=word, number=int(self._signed(), 0))
                self._skip(";")

    def _signed(self) -> str:
        word = self._next()
        return word + self._next() if word == "-" else word

    def _skip(self, word: str) -> None:
        """To the end of a statement or block that `word` began; `;` where it may end at once."""
        depth = 0
        if word == ";" and self._tokens[self._at - 1] == ";":
            return
        while True:
            mark = self._next()
            depth += (mark in "{[(") - (mark in "}])")
            if depth == 0 and (mark == ";" or (mark == "}" and word in SKIPPED_BLOCKS)):
                return

    def _string(self) -> str:
        word = self._next()
        if word[0] not in "\"'":
            raise ValueError(f"no text: {word}")
        return word[1:-1]

    def _expect(self, token: str) -> None:
        if (found := self._next()) != token:
            raise ValueError(f"{token} expected, not {found}")

    def _peek(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def _next(self) -> str:
        if self._at >= len(self._tokens):
            raise ValueError("the text ends too early")
        self._at += 1
        return self._tokens[self._at - 1]


def _set_type(field: FieldDescriptorProto, kind: str) -> None:
    if kind in SCALARS:
        field.type = SCALARS[kind]
    elif re.fullmatch(r"\.?[A-Za-z_][\w.]*", kind):
        field.type_name = kind
    else:
        raise ValueError(f"no type: {kind}")
