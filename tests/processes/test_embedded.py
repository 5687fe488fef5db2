"""`hilo run` as a newcomer starts it: five lines, a conversation, Ctrl-C, and everything is still there."""

import signal
from pathlib import Path

from tests.processes.running import BIN, Page, free_port, program, stop, wait_for


def test_a_newcomer_starts_talks_stops_and_starts_again(tmp_path: Path) -> None:
    port = free_port()
    environment = {"PORT": str(port), "VAR_FOLDER": str(tmp_path / "var")}
    base, log = f"http://127.0.0.1:{port}", tmp_path / "first.log"
    with program([str(BIN / "hilo"), "run"], environment, log) as process:
        wait_for(f"{base}/ready", process, log)
        page = Page(base)
        page.send("lucia", "whatsapp", "dónde está mi pedido?")
        assert "1042" in page.wait_for_text("lucia", "va de camino")
        assert stop(process, signal.SIGINT) == 0
    told = log.read_text()
    assert "http://localhost" in told
    assert "mi pedido?" not in told, "message text in the log"

    log = tmp_path / "second.log"
    with program([str(BIN / "hilo"), "run"], environment, log) as process:
        wait_for(f"{base}/ready", process, log)
        page.send("lucia", "sms", "repite por favor")
        assert "1042" in page.wait_for_text("lucia", "va de camino")
    assert "your data" in log.read_text()


def test_a_taken_port_is_told(tmp_path: Path) -> None:
    port = free_port()
    environment = {"PORT": str(port), "VAR_FOLDER": str(tmp_path / "var")}
    first, second = tmp_path / "first.log", tmp_path / "second.log"
    with program([str(BIN / "hilo"), "run"], environment, first) as process:
        wait_for(f"http://127.0.0.1:{port}/ready", process, first)
        with program([str(BIN / "hilo"), "run"], environment, second) as other:
            assert other.wait(30) == 1
    assert f"port {port} is taken" in second.read_text()


def test_a_second_one_on_the_same_data_is_refused(tmp_path: Path) -> None:
    ports = free_port(), free_port()
    folder = {"VAR_FOLDER": str(tmp_path / "var")}
    first, second = tmp_path / "first.log", tmp_path / "second.log"
    with program([str(BIN / "hilo"), "run"], {**folder, "PORT": str(ports[0])}, first) as process:
        wait_for(f"http://127.0.0.1:{ports[0]}/ready", process, first)
        with program([str(BIN / "hilo"), "run"], {**folder, "PORT": str(ports[1])}, second) as other:
            assert other.wait(60) == 1
    assert "another Hilo runs on" in second.read_text()
