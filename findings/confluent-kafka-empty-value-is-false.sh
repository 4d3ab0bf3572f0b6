#!/usr/bin/env bash
# confluent-kafka 2.16.1 (Python, PyPI): a record whose value is empty or missing is false.
#
# One would guess: Consumer.poll() returns a Message or None, so `if message:` and `while message := consumer.poll(1):`
# tell a record from none.
# What happens: Message has a __len__, the length of its value, and no __bool__. A tombstone of a compacted topic, or a
# record with an empty value, is as false as None: such a loop ends at it and such a test drops it. Only
# `message is not None` is safe.
#
# Needs Python 3.11 or newer with venv, and PyPI; no broker. Exits 1 when any of this is no longer so.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check confluent-kafka==2.16.1
"$folder/venv/bin/python" - <<'PYTHON'
import sys

from confluent_kafka import Message, libversion, version

print(f"confluent-kafka {version()}, librdkafka {libversion()[0]}, Python {sys.version.split()[0]}")
found = {}
for name, value in (("a value", b"x"), ("an empty value", b""), ("no value", None)):
    message = Message(topic="accounts", partition=0, offset=7, key=b"a-1", value=value)
    found[name] = (message is not None, bool(message), len(message))
    print(f"a record with {name}: is not None {found[name][0]}, bool {found[name][1]}, len {found[name][2]}")

as_described = found == {"a value": (True, True, 1), "an empty value": (True, False, 0), "no value": (True, False, 0)}
as_described &= not hasattr(Message, "__bool__")
print("as described" if as_described else "CHANGED: no longer as the header of this script says")
sys.exit(not as_described)
PYTHON
