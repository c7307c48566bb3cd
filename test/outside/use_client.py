"""Uses the generated Python client as a front end would: a filtered list, a cart, a change of it."""

import sys

from shop.api.carts import carts_create, carts_update
from shop.api.products import products_list
from shop.client import Client
from shop.models.address_input import AddressInput
from shop.models.address_input_country import AddressInputCountry
from shop.models.carts_create import CartsCreate
from shop.models.carts_update import CartsUpdate

client = Client(base_url=sys.argv[1])
page = products_list.sync(client=client, limit=5, sort="year", filteryeargte=1800, filteryearlt=1850)
assert len(page.items) == 5 and page.next_, page
assert all(1800 <= book.year < 1850 for book in page.items), page
cart = carts_create.sync(client=client, body=CartsCreate(email="reader@example.com"))
assert cart.shipping_address is None and cart.lines == [], cart
holder = Client(base_url=sys.argv[1], headers={"Cart-Token": cart.token})
address = AddressInput(name="Ann Lee", line1="Main Street 1", city="Berlin", postal_code="10115", country=AddressInputCountry.DE)
changed = carts_update.sync(cart.id, client=holder, body=CartsUpdate(shipping_address=address, note="Ring twice"))
assert changed.note == "Ring twice" and changed.shipping_address.city == "Berlin", changed
assert changed.totals.total.amount == 0 and changed.totals.total.currency == "EUR", changed
