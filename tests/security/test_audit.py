"""`make audit` finds what it looks for, and never takes "I could not look" for "there is nothing"."""

import json
import subprocess
from pathlib import Path

import pytest

from tools import audit

RANDOM = "q7Zt0pXc4LmB9sVf2KdW8yHgR3nJ"
# Put together here, so that the audit does not find them in this file.
FOUND = {
    "AWS key": "AKIA" + "Q7ZT0PXC4LMB9SVF",
    "GitHub token": "ghp_" + RANDOM + "a1b2c3d4",
    "Twilio API key": "SK" + "0f3a9c27be5d4816f0a2c4e6b8d1937a",
    "password in an address": "redis://hilo:" + RANDOM + "@redis.example",
    "value of a secret's name": "TWILIO_AUTH_TOKEN=" + "0f3a9c27be5d4816f0a2c4e6b8d1937a",
}
FINE = (
    "TWILIO_AUTH_TOKEN=test-auth-token",
    "SECRET_KEY: " + "s" * 32,
    "AC" + "a" * 32,
    'secret_key = Field(min_length=32, description="32 or more random characters")',
    "postgresql+psycopg://user:password@host/name",
    "password = make_a_new_password_for_somebody",
    "flask==3.1.3 --hash=sha256:" + "0f3a9c27be5d4816" * 4,
)


@pytest.mark.parametrize(("kind", "text"), FOUND.items(), ids=FOUND)
def test_a_secret_is_found_and_not_shown(kind: str, text: str) -> None:
    (found, *_) = audit.secrets_in(f"x\n{text}\ny")
    assert found[0] == kind
    assert len(audit.shown(found[1])) < 30


@pytest.mark.parametrize("text", FINE)
def test_a_sample_or_a_name_is_no_secret(text: str) -> None:
    assert list(audit.secrets_in(text)) == []


def test_a_secret_that_was_taken_out_again_is_found_in_the_history(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit, "ROOT", tmp_path)
    who = ["-c", "user.name=x", "-c", "user.email=x@example.com"]
    git = ["git", "-C", str(tmp_path), *who]
    subprocess.run([*git, "init", "--quiet"], check=True)
    for text in (FOUND["Twilio API key"], "nothing"):
        (tmp_path / "settings.py").write_text(text)
        subprocess.run([*git, "add", "."], check=True)
        subprocess.run([*git, "commit", "--quiet", "--no-gpg-sign", "-m", "x"], check=True)
    findings = audit.Findings()
    audit.look_for_secrets(findings)
    assert [line.partition(" ")[2] for line in findings.grave] == [
        "settings.py: Twilio API key SK0f3a… (34 characters)"
    ]


def answers(monkeypatch: pytest.MonkeyPatch, output: str) -> None:
    monkeypatch.setattr(audit, "tool_named", lambda name: Path(name))
    monkeypatch.setattr(
        audit, "run_tool", lambda command: subprocess.CompletedProcess(command, 0, output, "")
    )


def test_a_package_that_nobody_knows_is_not_a_clean_one(monkeypatch: pytest.MonkeyPatch) -> None:
    answers(monkeypatch, json.dumps({"dependencies": [{"name": "x", "skip_reason": "not found"}] * 3}))
    findings = audit.Findings()
    audit.look_at_packages(findings)
    assert len(findings.undone) == len(audit.LOCK_FILES)
    assert "nothing of 3 of 3" in findings.undone[0]
    assert audit.tell(findings, must_be_complete=False) == 0
    assert audit.tell(findings, must_be_complete=True) == 2


def test_a_known_weakness_is_grave(monkeypatch: pytest.MonkeyPatch) -> None:
    weak = {"name": "x", "version": "1", "vulns": [{"id": "CVE-1", "fix_versions": ["2"]}]}
    answers(monkeypatch, json.dumps({"dependencies": [weak]}))
    findings = audit.Findings()
    audit.look_at_packages(findings)
    assert findings.grave == [f"{lock}: x 1: CVE-1, repaired in 2" for lock in audit.LOCK_FILES]
    assert audit.tell(findings, must_be_complete=False) == 1


def test_without_a_network_nothing_is_called_clean(monkeypatch: pytest.MonkeyPatch) -> None:
    answers(monkeypatch, "")
    findings = audit.Findings()
    audit.look_at_packages(findings)
    with pytest.raises(audit.NotDone):
        audit.look_at_code(findings)
    assert len(findings.undone) == 2


def test_bandits_high_is_grave_and_the_rest_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    found = {"filename": "a.py", "line_number": 1, "test_id": "B1", "issue_text": "x"}
    results = [{**found, "issue_severity": severity} for severity in ("HIGH", "LOW")]
    answers(monkeypatch, json.dumps({"results": results, "errors": []}))
    findings = audit.Findings()
    audit.look_at_code(findings)
    assert (findings.grave, findings.slight) == (["a.py:1: B1 x"], ["a.py:1: B1 x"])
