"""`python -m bench nlu DIR`: the embedded classifier on a data set, beside a Rasa server when there is one.

DIR holds `train.csv` and `test.csv` with the columns text and intent, perhaps `oos_test.csv` with what is out
of scope. Train on K phrases an intent, for several seeds; test on all.
"""

import argparse
import csv
import json
import os
import random
import resource
import statistics
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import urllib3

from bench.noise import roughen
from nlu.classifier import Classifier
from nlu.embeddings import Encoder, encoder
from nlu.learning import train

Pair = tuple[str, str]
SEEDS = 3
IN_SCOPE_FLOOR = 0.86
TIMED = 300


def main(arguments: list[str]) -> int:
    options = _options(arguments)
    model = None if options.without_embeddings else encoder()
    examples, tests = read(options.folder / "train.csv"), read(options.folder / "test.csv")
    strange = options.folder / "oos_test.csv"
    outside = [text for text, _ in read(strange)] if strange.exists() else []
    rows = []
    for size in options.sizes:
        runs = [
            _run(examples, tests, outside, size, seed, model) for seed in range(options.seeds if size else 1)
        ]
        rows.append({"phrases": size or "all", **_medians(runs)})
        _print(rows[-1], is_first=len(rows) == 1)
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1), "utf-8")
    return 0


def read(path: Path) -> list[Pair]:
    with path.open(encoding="utf-8", newline="") as file:
        return [(row["text"], row["intent"]) for row in csv.DictReader(file)]


def sample(examples: Sequence[Pair], size: int, seed: int) -> list[Pair]:
    """So many phrases of each intent; 0: all."""
    if not size:
        return list(examples)
    by_intent: dict[str, list[str]] = {}
    for text, intent in examples:
        by_intent.setdefault(intent, []).append(text)
    chance = random.Random(seed)
    chosen = []
    for intent, texts in sorted(by_intent.items()):
        unique = sorted(set(texts))
        chance.shuffle(unique)
        chosen += [(text, intent) for text in unique[:size]]
    return chosen


def _run(
    examples: Sequence[Pair],
    tests: Sequence[Pair],
    outside: Sequence[str],
    size: int,
    seed: int,
    model: Encoder | None,
) -> dict[str, float]:
    chosen = sample(examples, size, seed)
    before, started = _megabytes(), time.process_time()
    arrays = train(chosen, model)
    took = time.process_time() - started
    classifier = Classifier(arrays, model)
    found = [(classifier.predict(text), intent) for text, intent in tests]
    rough = [(classifier.predict(text), intent) for text, intent in roughened(tests, seed)]
    timed = [_seconds(classifier, text) for text, _ in tests[:TIMED]]
    result = {
        "accuracy": _share(prediction.intent == intent for prediction, intent in found),
        "noisy": _share(prediction.intent == intent for prediction, intent in rough),
        "p50 ms": statistics.median(timed) * 1000,
        "training s": took,
        "peak MB": _megabytes() - before,
    }
    if outside:
        scores = [classifier.predict(text).score for text in outside]
        right = sorted((p.score for p, intent in found if p.intent == intent), reverse=True)
        result["oos recall"] = refused_at(right, len(found), scores)
    if os.environ.get("RASA_URL"):
        rasa = [_rasa_seconds(os.environ["RASA_URL"], text) for text, _ in tests[:TIMED]]
        result["of Rasa's p50"] = statistics.median(timed) / statistics.median(rasa)
    return result


def refused_at(right: Sequence[float], asked: int, outside: Sequence[float]) -> float:
    """The share of strange texts that fall below the highest bar at which enough of ours still pass."""
    needed = int(-(-IN_SCOPE_FLOOR * asked // 1))
    bar = right[needed - 1] if needed <= len(right) else 0.0
    return _share(score < bar for score in outside)


def roughened(tests: Sequence[Pair], seed: int) -> list[Pair]:
    chance = random.Random(seed)
    return [(roughen(text, chance), intent) for text, intent in tests]


def _seconds(classifier: Classifier, text: str) -> float:
    started = time.perf_counter()
    classifier.predict(text)
    return time.perf_counter() - started


def _rasa_seconds(url: str, text: str) -> float:
    started = time.perf_counter()
    urllib3.request("POST", f"{url}/model/parse", json={"text": text}, timeout=10)
    return time.perf_counter() - started


def _share(hits: Iterator[bool] | Any) -> float:
    counted = list(hits)
    return float(sum(counted) / len(counted))


def _megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _medians(runs: Sequence[dict[str, float]]) -> dict[str, float]:
    return {name: statistics.median(run[name] for run in runs) for name in runs[0]}


def _print(row: dict[str, Any], *, is_first: bool) -> None:
    if is_first:
        print("".join(f"{name:>15}" for name in row))
    percent = ("accuracy", "noisy", "oos recall")
    cells = [
        f"{value:.1%}" if name in percent else f"{value:.2f}" if isinstance(value, float) else str(value)
        for name, value in row.items()
    ]
    print("".join(f"{cell:>15}" for cell in cells), flush=True)


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench nlu", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--sizes", type=lambda text: [int(one) for one in text.split(",")], default=[10, 0])
    parser.add_argument("--seeds", type=int, default=SEEDS)
    parser.add_argument("--without-embeddings", action="store_true", help="words only")
    parser.add_argument("--json", type=Path)
    return parser.parse_args(arguments)
