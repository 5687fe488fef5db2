"""`hilo promotions`: a file brings them in, and a list of codes fills a pool."""

from pathlib import Path

from tests.bot.commands.conftest import Run
from tests.bot.offers import offer_promotions
from tests.world import World

FILE = str(Path(__file__).parents[3] / "flows" / "promotions.yml")


def test_a_file_is_brought_in_once_as_drafts(hilo: Run) -> None:
    assert "Make one" in hilo("promotions", "list").output
    assert hilo("promotions", "import", FILE).output == "3 of 3 brought in, as drafts to be approved.\n"
    assert hilo("promotions", "import", FILE, "--approved").output == "0 of 3 brought in, live.\n"
    assert "LUNA10" in hilo("promotions", "list").output


def test_a_file_with_a_fault_changes_nothing(hilo: Run, tmp_path: Path) -> None:
    file = tmp_path / "bad.yml"
    file.write_text("- {code: X, kind: percent}", encoding="utf-8")
    refused = hilo("promotions", "import", str(file))
    assert refused.exit_code == 1
    assert "code" in refused.output


def test_codes_come_from_a_list_and_bad_lines_are_told(hilo: Run, world: World, tmp_path: Path) -> None:
    offer_promotions(world, [{"code": "POOL", "code_source": "pool"}, {"code": "ALL10"}])
    file = tmp_path / "codes.csv"
    file.write_text("code\nab-1234,x\nAB-1234\n=cmd|x\nCD-5678\n\n", encoding="utf-8-sig")
    filled = hilo("promotions", "codes", "pool", str(file))
    assert "2 new codes; 0 were known." in filled.output
    assert "line 4: '=CMD|X' is no code" in filled.output
    assert "0 new codes; 2 were known" in hilo("promotions", "codes", "POOL", str(file)).output
    assert hilo("promotions", "codes", "ALL10", str(file)).exit_code == 1
