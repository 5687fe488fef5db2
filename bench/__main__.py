"""`python -m bench` lists what can be measured, `python -m bench turn` measures it."""

import sys
from collections.abc import Callable
from importlib import import_module

MEASUREMENTS = {
    "turn": "the webhook and the full turn beside the anchors, with CPU a message; 3 minutes",
    "road": "one message step by step: statements, commits, time; half a minute",
    "scale": "the full turn with a thousand, a hundred thousand and a million customers; 15 minutes",
    "identity": "who is it, with a thousand customers and with a million; 5 minutes",
    "blast": "5,000 messages in 10 s while 20,000 of a campaign go out; 5 minutes",
    "segments": "counts over everybody beside queries written by hand, and the plans of pages; 5 minutes",
    "nlu": "the classifier on a data set (DIR with train.csv and test.csv): accuracy, time, memory; minutes",
    "footprint": "start, memory, and CPU at rest; 2 minutes",
}


def main(arguments: list[str]) -> int:
    if arguments and arguments[0] in MEASUREMENTS:
        # Imported by name: one measurement does not need what another one does.
        measure: Callable[[list[str]], int] = import_module(f"bench.{arguments[0]}").main
        return measure(arguments[1:])
    print('What can be measured (make bench ARGS="turn", and --help after it):')
    for name, text in MEASUREMENTS.items():
        print(f"  {name:<11}{text}")
    return 2 if arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
