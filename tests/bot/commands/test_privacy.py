"""`hilo import`, `export`, `erase` and `requests`, as an operator types them."""

import json
from pathlib import Path

from context_store.records import PrivacyRequest, PrivacyRequestKind, new_id
from tests.bot.commands.conftest import Run, document
from tests.world import World

PHONE = "+34600111222"


def test_a_file_is_imported_and_told_in_words(hilo: Run, world: World, tmp_path: Path) -> None:
    file = tmp_path / "clientes.csv"
    file.write_text("Teléfono;Nombre;Color\n600111222;Ana;rojo\n12;Eva;azul\n", "utf-8")
    told = hilo("import", "customers", str(file), "--dry-run").output
    assert "1 lines would be kept, 0 known already, 1 refused." in told
    told = hilo("import", "customers", str(file)).output
    assert "Columns that were passed over: Color." in told
    assert "1 lines kept, 0 known already, 1 refused." in told
    assert f"{file}.errors.csv" in told.replace("\n", "")
    again = hilo("import", "customers", str(file))
    assert again.exit_code == 1
    assert "say --again" in again.output
    assert world.customer(PHONE).name == "Ana"


def test_a_file_that_is_no_good_is_told(hilo: Run, tmp_path: Path) -> None:
    file = tmp_path / "orders.csv"
    file.write_text("a,b\n1,2\n", "utf-8")
    result = hilo("import", "orders", str(file))
    assert result.exit_code == 1
    assert "the first line must name the columns" in result.output
    assert hilo("import", "orders", str(file), "--country", "Spain").exit_code == 2


def test_an_export_and_an_erasure_by_a_number_as_it_is_dialled(
    hilo: Run, world: World, tmp_path: Path
) -> None:
    world.says(PHONE, "hola, soy Ana")
    exported = document(hilo("export", "customer", "phone:600 111 222"))
    assert exported["tables"]["messages"][0]["text"] == "hola, soy Ana"
    target = tmp_path / "ana.json"
    assert hilo("export", "customer", str(world.customer_id(PHONE)), "-o", str(target)).exit_code == 0
    assert json.loads(target.read_text("utf-8"))["customer_ids"] == exported["customer_ids"]
    assert hilo("erase", "customer", f"phone:{PHONE}", answer="n\n").exit_code == 1
    assert world.customer_id(PHONE)
    result = hilo("erase", "customer", f"phone:{PHONE}", answer="y\n")
    assert "Erased: " in result.output
    assert hilo("export", "customer", f"phone:{PHONE}").exit_code == 1


def test_who_is_meant_must_be_said(hilo: Run) -> None:
    assert "kind:value" in hilo("export", "customer", "Ana").output
    assert "nobody is known" in hilo("erase", "customer", "email:a@example.com", "--yes").output


def test_who_asked_is_listed_and_an_answer_ends_it(hilo: Run, world: World) -> None:
    assert hilo("requests").output == "Nobody waits.\n"
    world.says(PHONE, "hola")
    ask(world, PrivacyRequestKind.EXPORT, "luna:1")
    ask(world, PrivacyRequestKind.ERASE_SHOP, "luna:2")
    with world.database.write() as uow:
        uow.erasures.request(world.customer_id(PHONE), world.clock.now(), "borra mis datos", None)
        uow.commit()
    told = hilo("requests").output
    assert "hilo erase shop shopify" in told
    customer_id = world.customer_id(PHONE)
    assert f"hilo export customer {customer_id} -o FILE" in told
    assert f"hilo erase customer {customer_id}" in told
    assert len(document(hilo("requests", "--json"))) == 3
    hilo("export", "customer", str(customer_id))
    assert len(document(hilo("requests", "--json"))) == 2
    hilo("erase", "customer", str(customer_id), "--yes")
    hilo("erase", "shop", "shopify", "--yes")
    assert hilo("requests").output == "Nobody waits.\n"


def ask(world: World, kind: PrivacyRequestKind, reference: str) -> None:
    is_export = kind is PrivacyRequestKind.EXPORT
    with world.database.write() as uow:
        uow.privacy_requests.add(
            PrivacyRequest(
                id=new_id(),
                kind=kind,
                customer_id=world.customer_id(PHONE) if is_export else None,
                source="shopify",
                reference=reference,
                requested_at=world.clock.now(),
            )
        )
        uow.commit()
