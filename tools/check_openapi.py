"""Holds the simulator's carrier against Twilio's OpenAPI documents, which you bring along.

.venv/bin/python tools/check_openapi.py FOLDER, where FOLDER has twilio_api_v2010.json, twilio_content_v1.json
and, if you like, twilio_messaging_v1.json and _v2.json (github.com/twilio/twilio-oai, spec/json).
Prints one line for each operation and ends with 1 when something differs. Needs the package jsonschema.
"""

import importlib.util
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent


def main(folder: str) -> int:
    if importlib.util.find_spec("jsonschema") is None:
        print("this needs the package jsonschema: .venv/bin/python -m pip install jsonschema")
        return 2
    # In a process of its own: a tool imports nothing of ours, and this one needs all of it.
    command = [sys.executable, "-m", "tests.simulator.contract", str(Path(folder).resolve())]
    return subprocess.run(command, cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python tools/check_openapi.py FOLDER-OF-OPENAPI-DOCUMENTS")
    sys.exit(main(sys.argv[1]))
