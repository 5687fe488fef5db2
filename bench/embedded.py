"""Serves one thing in one process on waitress, as `hilo run` does: `anchors`, or our `webhook` alone."""

import sys

import waitress
from flask import Flask

from bench import anchors
from bot.settings import Settings

THREADS = 16


def webhook() -> Flask:
    """The web application whose bell nobody answers: what it stores stays waiting."""
    # Imported here: the anchors must not pay for it, in start-up or in memory.
    from app import build, create_app

    house = build(Settings.from_env())
    house.start_bell()
    return create_app(house=house)


def main(what: str, port: int) -> None:
    made = {"anchors": anchors.make_app, "webhook": webhook}[what]()
    waitress.serve(made, host="127.0.0.1", port=port, threads=THREADS, ident=None)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
