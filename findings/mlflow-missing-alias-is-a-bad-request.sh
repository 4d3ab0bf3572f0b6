#!/usr/bin/env bash
# MLflow 3.17.2 (PyPI): a registered model without the alias that is asked for answers 400, not 404.
#
# One would guess: GET registered-models/alias answers 404 RESOURCE_DOES_NOT_EXIST both where the model is unknown and
# where it has no such alias, so that one test for 404 tells "none was promoted yet" from a fault.
# What happens: an unknown model is 404 RESOURCE_DOES_NOT_EXIST. A known model without the alias is 400
# INVALID_PARAMETER_VALUE, the code of a malformed question. Whoever treats 400 as his own mistake stops at the normal
# state of a model whose first version waits for its promotion.
#
# Needs Python 3.11 or newer with venv, and PyPI. Exits 1 when any of this is no longer so.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check mlflow==3.17.2
cd "$folder"
cat >ask.py <<'PYTHON'
import json
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

with socket.socket() as free:
    free.bind(("127.0.0.1", 0))
    port = free.getsockname()[1]
address = f"http://127.0.0.1:{port}"
command = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port)]
command += ["--workers", "1", "--backend-store-uri", "sqlite:///mlflow.db", "--artifacts-destination", "files"]
server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def asked(question, body=None, **given):
    url = f"{address}/api/2.0/mlflow/{question}?{urllib.parse.urlencode(given)}"
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


try:
    deadline = time.monotonic() + 120
    while True:
        try:
            urllib.request.urlopen(f"{address}/health", timeout=2)
            break
        except OSError:
            if time.monotonic() > deadline or server.poll() is not None:
                sys.exit("MLflow did not start")
            time.sleep(0.5)
    with urllib.request.urlopen(f"{address}/version", timeout=10) as answer:
        print(f"MLflow {answer.read().decode()}")
    unknown = asked("registered-models/alias", name="payments", alias="champion")
    asked("registered-models/create", {"name": "payments"})
    without = asked("registered-models/alias", name="payments", alias="champion")
finally:
    server.terminate()
    server.wait(30)
for what, (code, body) in (("unknown model", unknown), ("model without the alias", without)):
    print(f"{what}: {code} {body.get('error_code')}")
found = [(code, body.get("error_code")) for code, body in (unknown, without)]
as_described = found == [(404, "RESOURCE_DOES_NOT_EXIST"), (400, "INVALID_PARAMETER_VALUE")]
print("as described" if as_described else "CHANGED: no longer as the header of this script says")
sys.exit(not as_described)
PYTHON
MLFLOW_DISABLE_TELEMETRY=true "$folder/venv/bin/python" ask.py
