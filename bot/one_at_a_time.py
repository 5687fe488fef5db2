"""At most one thread of this process works on a key; a call that comes meanwhile makes it look again."""

import threading
from collections.abc import Callable, Hashable


class OneAtATime:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        # Key -> was it asked for again since the work began?
        self._busy: dict[Hashable, bool] = {}

    def run(self, key: Hashable, work: Callable[[], None]) -> None:
        """Do `work` for the key, or leave it to the thread that is at it: that one then works again."""
        if not self._enter(key):
            return
        try:
            work()
            while not self._leave(key):
                work()
        except BaseException:
            with self._lock:
                del self._busy[key]
            raise

    def _enter(self, key: Hashable) -> bool:
        with self._lock:
            is_free = key not in self._busy
            self._busy[key] = not is_free
            return is_free

    def _leave(self, key: Hashable) -> bool:
        """False when somebody asked meanwhile. Asking and leaving cannot cross: one lock guards both."""
        with self._lock:
            if self._busy[key]:
                self._busy[key] = False
                return False
            del self._busy[key]
            return True
