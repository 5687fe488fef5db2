"""Without the address of a bot there is no web shop, and the phones are as they were."""

from flask import Flask

from tests.simulator.conftest import Order


def test_no_shop_is_shown_nor_answers(app: Flask, order: Order) -> None:
    page = app.test_client()
    html = page.get("/simulator?lang=es").get_data(as_text=True)
    assert 'data-testid="shop"' not in html and "tab-shop" not in html
    assert page.get("/simulator/api/shop/products").status_code == 404
    assert page.get("/simulator/api/shop/cart?person=lucia").status_code == 404
    assert order("shop/add", person="lucia", product="lamp-alba")[0] == 404
