"""Find a Chromium for the browser tests, or get one. Standard library only.

`make test` runs it as a script before pytest; the browser fixture asks `find_browser`.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

HOW_TO_GET_ONE = (
    "No Chromium found. Install one (apt-get install chromium, or .venv/bin/python -m playwright install "
    "--with-deps chromium), or name one: CHROMIUM=/path/to/chrome make test"
)

COMMANDS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

# Playwright puts each version in a folder of its own, and names the folders by platform.
PLAYWRIGHT_BINARIES = (
    "chromium-*/chrome-*/chrome",
    "chromium-*/chrome-mac*/*.app/Contents/MacOS/*",
    "chromium_headless_shell-*/chrome-*/*headless*shell",
)

SECONDS_TO_ANSWER = 30


def find_browser() -> Path | None:
    """A Chromium that runs here, or None. CHROMIUM in the environment comes first."""
    return next((path for path in candidates() if answers(path)), None)


def candidates() -> Iterator[Path]:
    named = os.environ.get("CHROMIUM")
    if named:
        yield Path(named)
    for command in COMMANDS:
        found = shutil.which(command)
        if found:
            yield Path(found)
    for folder in playwright_folders():
        for pattern in PLAYWRIGHT_BINARIES:
            yield from sorted(folder.glob(pattern), reverse=True)


def playwright_folders() -> list[Path]:
    named = os.environ.get("PLAYWRIGHT_BROWSERS_PATH")
    if named:
        return [Path(named)]
    return [Path.home() / ".cache/ms-playwright", Path.home() / "Library/Caches/ms-playwright"]


def answers(path: Path) -> bool:
    """Whether this file is a browser that starts.

    Ubuntu's `chromium-browser` is a script that only advertises a snap, and a downloaded
    browser may lack system libraries: both are there, neither runs.
    """
    try:
        run = subprocess.run([path, "--version"], capture_output=True, timeout=SECONDS_TO_ANSWER, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return run.returncode == 0


def get_browser() -> Path | None:
    """Find one, else install Debian's as root, else let Playwright fetch its own."""
    found = find_browser()
    if found is None and is_root() and shutil.which("apt-get"):
        attempt("apt-get", "update", "--quiet")
        attempt("apt-get", "install", "--yes", "--quiet", "--no-install-recommends", "chromium")
        found = find_browser()
    if found is None:
        system_libraries = ["--with-deps"] if is_root() else []
        attempt(sys.executable, "-m", "playwright", "install", *system_libraries, "chromium")
        found = find_browser()
    return found


def is_root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0


def attempt(*command: str) -> None:
    """Run it and go on whatever it says: only what `find_browser` finds afterwards counts."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    print("Browser tests need Chromium, trying:", " ".join(command), flush=True)
    subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, check=False)


def is_required() -> bool:
    """Whether a missing browser is a failure, as in CI, rather than a reason to skip."""
    return os.environ.get("HILO_REQUIRE_BROWSER") == "1"


def main() -> int:
    browser = get_browser()
    print(f"Browser tests use {browser}" if browser else HOW_TO_GET_ONE, flush=True)
    return 1 if browser is None and is_required() else 0


if __name__ == "__main__":
    sys.exit(main())
