"""`python -m bench` lists what can be measured, `python -m bench turn` measures it."""

import sys
from collections.abc import Callable

from bench import turn

MEASUREMENTS: dict[str, Callable[[list[str]], int]] = {"turn": turn.main}


def main(arguments: list[str]) -> int:
    if arguments and arguments[0] in MEASUREMENTS:
        return MEASUREMENTS[arguments[0]](arguments[1:])
    print('What can be measured (make bench ARGS="turn", and --help after it):')
    print("  turn   the webhook and the full turn beside the anchors, with CPU a message; 3 minutes")
    return 2 if arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
