"""The trained classifier from a cache, which knows it by its phrases; trained when it is not there.

Processes of one machine share the cache. A file that cannot be read is made anew.
"""

import hashlib
import json
import logging
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from nlu import classifier, features, learning, text
from nlu.classifier import Classifier
from nlu.embeddings import Encoder

log = logging.getLogger("hilo.nlu")

Examples = Sequence[tuple[str, str]]
# What a change of these makes of the same phrases is another model.
CODE = (classifier, features, learning, text)
LONGEST_TRAINING_SECONDS = 300


def cache_folder() -> Path:
    """NLU_CACHE, else the user's own cache."""
    named = os.environ.get("NLU_CACHE")
    if named:
        return Path(named)
    home = os.environ.get("XDG_CACHE_HOME")
    return (Path(home) if home else Path.home() / ".cache") / "hilo"


def trained(examples: Examples, encoder: Encoder | None = None, folder: Path | None = None) -> Classifier:
    """A classifier of these (text, intent) pairs.

    Training takes seconds and a process of its own. Raises `subprocess.SubprocessError` when it fails.
    """
    file = model_file(examples, encoder, folder)
    found = _read(file, encoder)
    if found is not None:
        return found
    with _only_one(file):
        # Somebody else may have made it while we waited.
        found = _read(file, encoder)
        if found is not None:
            return found
        log.info(
            "learning the phrases, which takes a moment the first time",
            extra={"action": "nlu_training", "phrases": len(examples)},
        )
        return train_anew(examples, encoder, file)


def _read(file: Path, encoder: Encoder | None) -> Classifier | None:
    try:
        return Classifier.load(file, encoder)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError) as error:
        log.warning(
            "a trained model cannot be read (%s)", type(error).__name__, extra={"action": "nlu_cache"}
        )
        return None


@contextmanager
def _only_one(file: Path) -> Iterator[None]:
    """Processes that start together train once. Where no lock can be had each trains for itself."""
    lock = FileLock(file.with_name(f"{file.name}.lock"), timeout=LONGEST_TRAINING_SECONDS)
    try:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock.acquire()
    except (OSError, Timeout) as error:
        log.warning("no lock on the cache (%s)", type(error).__name__, extra={"action": "nlu_cache"})
    try:
        yield
    finally:
        lock.release()


def model_file(examples: Examples, encoder: Encoder | None = None, folder: Path | None = None) -> Path:
    """Where the model of these examples is kept, once there is one."""
    return (folder or cache_folder()) / f"nlu-{_fingerprint(examples, encoder)}.npz"


def train_anew(examples: Examples, encoder: Encoder | None, file: Path) -> Classifier:
    """Whatever is there already; what is made is kept as `file`. Raises as `trained` does."""
    with tempfile.TemporaryDirectory() as scratch:
        made = Path(scratch) / "model.npz"
        _train(examples, encoder is not None, Path(scratch) / "phrases.json", made)
        _keep(made, file)
        return Classifier.load(made, encoder)


def _fingerprint(examples: Examples, encoder: Encoder | None) -> str:
    seen = hashlib.sha256(json.dumps([encoder is not None, *examples]).encode())
    for module in CODE:
        seen.update(Path(str(module.__file__)).read_bytes())
    return seen.hexdigest()[:24]


def _train(examples: Examples, with_embeddings: bool, phrases: Path, made: Path) -> None:
    told = {"with_embeddings": with_embeddings, "examples": list(examples)}
    phrases.write_text(json.dumps(told), encoding="utf-8")
    root = Path(__file__).parents[1]
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(filter(None, [str(root), os.environ.get("PYTHONPATH")])),
        # More threads than one make it slower, and others wait for the processor.
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
    }
    subprocess.run(
        [sys.executable, "-m", "nlu.learning", str(phrases), str(made)],
        check=True,
        capture_output=True,
        timeout=LONGEST_TRAINING_SECONDS,
        env=environment,
    )


def _keep(made: Path, file: Path) -> None:
    """For the next start. Without a folder to write to every start trains."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        part = file.with_name(f"{file.name}.{os.getpid()}.part")
        part.write_bytes(made.read_bytes())
        part.replace(file)
    except OSError as error:
        log.warning(
            "the trained model cannot be kept (%s): set NLU_CACHE to a folder that can be written to",
            type(error).__name__,
            extra={"action": "nlu_cache"},
        )
