"""Looks for known weaknesses in what is installed and in our code, and for secrets in git.

`make audit`. Ends with 1 when something grave is found; says what it could not look at, and with --complete
ends with 2 for that. Standard library only; the tools it calls get an environment of their own.
"""

import json
import math
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
# In .venv, where `make clean` finds it.
ENVIRONMENTS = ROOT / ".venv" / "audit"
TOOLS = {"pip-audit": "pip-audit==2.10.1", "bandit": "bandit==1.9.4"}
LOCK_FILES = ("requirements.lock", "requirements-dev.lock")
PRODUCT = ("app.py", "bot", "console", "context_store", "flows", "handoff", "nlu", "tools")
# PyPI answers without a key; where it does not answer, the other one may.
SERVICES = ("pypi", "osv")
LONGEST_SECONDS = 600.0


@dataclass
class Findings:
    grave: list[str] = field(default_factory=list)
    slight: list[str] = field(default_factory=list)
    undone: list[str] = field(default_factory=list)


class NotDone(Exception):
    """Why something could not be looked at."""


def main(arguments: list[str]) -> int:
    findings = Findings()
    for title, look in (
        ("What is installed", look_at_packages),
        ("Our code", look_at_code),
        ("Secrets in git", look_for_secrets),
    ):
        print(f"{title} …", flush=True)
        try:
            look(findings)
        except NotDone as reason:
            findings.undone.append(f"{title}: {reason}")
    return tell(findings, must_be_complete="--complete" in arguments)


def tell(findings: Findings, *, must_be_complete: bool) -> int:
    for title, lines in (
        ("Grave", findings.grave),
        ("Slight", findings.slight),
        ("NOT looked at", findings.undone),
    ):
        print(f"\n{title}: {len(lines) or 'nothing'}")
        for line in lines:
            print(f"  {line}")
    if findings.grave:
        return 1
    return 2 if findings.undone and must_be_complete else 0


def look_at_packages(findings: Findings) -> None:
    tool = tool_named("pip-audit")
    for lock in LOCK_FILES:
        reasons = []
        for service in SERVICES:
            try:
                packages = packages_of(tool, lock, service)
            except NotDone as reason:
                reasons.append(str(reason))
                continue
            skipped = [package for package in packages if "skip_reason" in package]
            if skipped:
                # pip-audit itself calls it clean, though it knows nothing of them.
                reasons.append(f"{service} knows nothing of {len(skipped)} of {len(packages)} packages")
            if len(skipped) < len(packages):
                findings.grave += sorted(weaknesses_in(packages, lock))
                break
        findings.undone += [f"{lock}: {'; '.join(reasons)}"] if reasons else []


def packages_of(tool: Path, lock: str, service: str) -> list[dict[str, Any]]:
    """What is known of each package of the file, with a `skip_reason` where nothing is. Raises `NotDone`."""
    command = [
        str(tool),
        "--requirement",
        lock,
        "--require-hashes",
        "--disable-pip",
        "--progress-spinner",
        "off",
    ]
    run = run_tool([*command, "--vulnerability-service", service, "--format", "json"])
    try:
        found: list[dict[str, Any]] = json.loads(run.stdout)["dependencies"]
    except (ValueError, KeyError):
        raise NotDone(f"{service} does not answer ({last_line(run.stderr)[:80]}…)") from None
    return found


def weaknesses_in(packages: Iterable[dict[str, Any]], lock: str) -> Iterator[str]:
    """None of the services tells how bad it is, so each known one is grave."""
    for package in packages:
        for weakness in package.get("vulns", ()):
            repaired = ", ".join(weakness.get("fix_versions") or ()) or "no version yet"
            yield f"{lock}: {package['name']} {package['version']}: {weakness['id']}, repaired in {repaired}"


def look_at_code(findings: Findings) -> None:
    run = run_tool([str(tool_named("bandit")), "--quiet", "--recursive", *PRODUCT, "--format", "json"])
    try:
        results = json.loads(run.stdout)
    except ValueError:
        raise NotDone(f"bandit: {last_line(run.stderr)}") from None
    findings.undone += [f"{error['filename']}: {error['reason']}" for error in results["errors"]]
    for one in results["results"]:
        line = f"{one['filename']}:{one['line_number']}: {one['test_id']} {one['issue_text']}"
        (findings.grave if one["issue_severity"] == "HIGH" else findings.slight).append(line)


# What a key of that kind always looks like.
KEYS = {
    "private key": re.compile(r"-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----\s+[A-Za-z0-9+/=]{40}"),
    "AWS key": re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"),
    "GitHub token": re.compile(r"\b(?:gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{60,})\b"),
    "Google key": re.compile(r"\bAIza[0-9A-Za-z_-]{35}\b"),
    "Meta token": re.compile(r"\bEAA[A-Za-z0-9]{80,}\b"),
    "Slack token": re.compile(r"\bxox[abprs]-[0-9A-Za-z-]{20,}\b"),
    "Stripe key": re.compile(r"\b[rs]k_live_[0-9A-Za-z]{20,}\b"),
    "SendGrid key": re.compile(r"\bSG\.[\w-]{20,24}\.[\w-]{40,46}\b"),
    "Twilio API key": re.compile(r"\bSK[0-9a-f]{32}\b"),
    "signed token": re.compile(r"\beyJ[\w-]{15,}\.eyJ[\w-]{15,}\.[\w-]{20,}\b"),
    "password in an address": re.compile(r"\b[a-z+]{2,20}://[^\s:/@'\"{}]{1,60}:[^\s:/@'\"{}$]{12,}@[\w.-]+"),
}
# Anything long and random that is given such a name.
NAMED = re.compile(
    r"(?i)\b\w{0,30}(?:secret|token|passw(?:or)?d|api_?key|write_?key|dsn)\w{0,20}[\"']?\s{0,3}[:=]{1,2}\s{0,3}"
    r"[\"']?([\w/+=-]{20,200})"
)
RANDOM_BITS = 3.7
HASH_OF_A_PACKAGE = re.compile(r"--hash=sha256:[0-9a-f]{64}")


def look_for_secrets(findings: Findings) -> None:
    """In every version of every file that git keeps, and in what would be committed next."""
    if not (ROOT / ".git").exists():
        raise NotDone("this is no git checkout")
    seen: dict[str, str] = {}
    for name, text in [*committed(), *in_the_tree()]:
        for kind, secret in secrets_in(text):
            seen.setdefault(f"{kind} {shown(secret)}", name)
    findings.grave += sorted(f"{name}: {secret}" for secret, name in seen.items())


def secrets_in(text: str) -> Iterator[tuple[str, str]]:
    text = HASH_OF_A_PACKAGE.sub("", text)
    for kind, pattern in KEYS.items():
        yield from ((kind, found[0]) for found in pattern.finditer(text) if is_random(found[0]))
    for found in NAMED.finditer(text):
        if is_random(found[1]) and any(letter.isdigit() for letter in found[1]):
            yield "value of a secret's name", found[1]


def is_random(text: str) -> bool:
    """More so than words, names of functions and made-up samples (AC, and thirty-two times the same) are."""
    counts = Counter(text)
    bits = -sum(count / len(text) * math.log2(count / len(text)) for count in counts.values())
    return bits >= RANDOM_BITS or (len(text) < 40 and len(counts) >= 12 and bits >= RANDOM_BITS - 0.4)


def shown(secret: str) -> str:
    """Enough to find it by, too little to use it."""
    return f"{secret[:6]}… ({len(secret)} characters)"


def committed() -> Iterator[tuple[str, str]]:
    """Each blob once, under the name that it has somewhere."""
    listed = git("rev-list", "--objects", "--all").decode("utf-8", "replace").splitlines()
    names = dict(line.partition(" ")[::2] for line in listed if " " in line)
    process = subprocess.run(
        ["git", "cat-file", "--batch"],
        input="\n".join(names).encode(),
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    rest = process.stdout
    while rest:
        header, _, rest = rest.partition(b"\n")
        object_id, kind, size = header.decode().split()
        content, rest = rest[: int(size)], rest[int(size) + 1 :]
        if kind == "blob" and b"\x00" not in content[:8000]:
            yield f"{object_id[:10]} {names[object_id]}", content.decode("utf-8", "replace")


def in_the_tree() -> Iterator[tuple[str, str]]:
    for name in git("ls-files", "-z", "--cached", "--others", "--exclude-standard").decode().split("\x00"):
        if name and (ROOT / name).is_file():
            content = (ROOT / name).read_bytes()
            if b"\x00" not in content[:8000]:
                yield name, content.decode("utf-8", "replace")


def git(*arguments: str) -> bytes:
    try:
        return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError) as error:
        raise NotDone(f"git {arguments[0]}: {error}") from error


def tool_named(name: str) -> Path:
    """The tool, installed apart from everything else when it is not there yet. Raises `NotDone`."""
    environment = ENVIRONMENTS / TOOLS[name].replace("==", "-")
    tool = environment / "bin" / name
    if not tool.exists():
        print(f"  installing {TOOLS[name]} into {environment.relative_to(ROOT)}", flush=True)
        for command in ways_to_install(environment, TOOLS[name]):
            if run_tool(command).returncode == 0 and tool.exists():
                break
        else:
            shutil.rmtree(environment, ignore_errors=True)
            raise NotDone(f"{TOOLS[name]} cannot be installed: is there a package index?")
    return tool


def ways_to_install(environment: Path, requirement: str) -> Iterator[list[str]]:
    run_tool([sys.executable, "-m", "venv", str(environment)])
    python = str(environment / "bin" / "python")
    uv = shutil.which("uv") or shutil.which(str(Path(sys.executable).parent / "uv"))
    if uv:
        yield [uv, "pip", "install", "--quiet", "--python", python, requirement]
    # It may know the way to an index that uv does not know.
    yield [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", requirement]


def run_tool(command: list[str]) -> "subprocess.CompletedProcess[str]":
    try:
        return subprocess.run(
            command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=LONGEST_SECONDS
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NotDone(f"{Path(command[0]).name}: {type(error).__name__}") from error


def last_line(text: str) -> str:
    return (text.strip().splitlines() or ["it said nothing"])[-1][:200]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
