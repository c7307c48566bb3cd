"""What Schemathesis cannot know of the server: real ids, keys used once, and why a request that fits the document
may be refused all the same. Each such reason is a line of `STATED`; a refusal without one fails the run."""

import itertools
import json
import os
import re
import urllib.request

import schemathesis
from schemathesis.core.failures import Failure
from schemathesis.specs.openapi.checks import (
    AcceptedNegativeData,
    RejectedPositiveData,
    allow_header_conformance,
    negative_data_rejection,
    positive_data_acceptance,
    unsupported_method,
)

# Fields that name a record, and of which collection.
REFERENCES = (
    ("variant", "variants"),
    ("product", "products"),
    ("book", "products"),
    ("shippingMethod", "shippingMethods"),
    ("team", "teams"),
    ("group", "groups"),
    ("event", "events"),
    ("author", "members"),
)

# Bytes of a resumed upload (tus 1.0).
schemathesis.serializer.alias("application/offset+octet-stream", "application/octet-stream")

WORLD = json.loads(os.environ["KINGPOST_WORLD"])
count = itertools.count()

# (operation, code of the problem, path of one of its errors or path#code, reason)
STATED = [
    (r".*", "validation_failed", r"query:(sort|fields|expand)", "names of fields and references: a schema of a text has no list to choose from"),
    (r".*", "validation_failed", r"query:#length", "at most 8 KiB in all, which conditions on each of many fields can pass"),
    (r".*", "validation_failed", r"query:cursor", "a cursor is what an earlier answer gave"),
    (r".*", "validation_failed", r"query:search", "at most eight words"),
    (r".*", "validation_failed", r"query:filter", "at most fifty conditions at once"),
    (r".*", "validation_failed", r"query:filter\[.*\]\[in\]", "values of the field's own type, with commas between them"),
    (r"GET /api/.*/aggregate", "validation_failed", r"query:(group|sum|avg|min|max|timeZone)", "names of fields that can be grouped or counted up, and of time zones"),
    (r"POST /api/.*/import", "validation_failed", r"query:by", "the name of a unique field"),
    (r"GET /api/ledger/export", "validation_failed", r"query:(from|to|currency)", "days in their order, of one fiscal year for DATEV, and a currency of two decimals"),
    (r"GET /api/figures/.*", "validation_failed", r"query:(from|to)", "days in their order, at most ten years of them"),
    (r"GET /api/ledger/balances", "validation_failed", r"query:at", "a moment that there is"),
    (r"POST /api/payments/reconcile", "validation_failed", r"/since", "a moment that there is"),
    (r"GET /api/files/.*/content", "validation_failed", r"query:w#required", "fit says how w and h are met"),
    (r"POST /api/.*/import", "validation_failed", r"line:\d+(#.*)?", "lines of CSV or JSON whose columns are fields"),
    (r"GET /api/changes", "validation_failed", r"query:(collections|lastEventId)|header:Last-Event-ID", "names of collections; ids of events that were sent"),
    (r".*", "validation_failed", r".*/currency", "the codes of ISO 4217, and one currency for all prices of a shop"),
    (r".*", "validation_failed", r".*/(name|line1|line2|city|region|postalCode|phone)", "something to read on one line, and no web address; postal codes where a country has them"),
    (r".*", "validation_failed", r".*/(note|text|giftMessage|message|reason|comment|answer|instructions)#format", "something to read, without characters that control or turn round a text"),
    (r".*", "validation_failed", r".*/returnUrl", "addresses of the shop's own pages"),
    (r".*", "validation_failed", r"/password", "a password is judged by more than its length"),
    (r"PATCH /api/users/.*", "validation_failed", r"/roles/\d+#enum", "roles that something asks for, and those that the account has"),
    (r"POST /api/invitations", "validation_failed", r"/roles/\d+#enum", "roles that there are"),
    (r"POST /api/auth/password", "validation_failed", r"/current", "the password there is"),
    (r"POST /api/auth/prove", "validation_failed", r"|/password#wrong", "a proof by one of the ways that the account has"),
    (r"POST /api/auth/totp/confirm", "validation_failed", r"/code#wrong", "a code that the app shows now"),
    (r"POST /api/auth/passkeys/register/finish", "validation_failed", r"/response#wrong", "what an authenticator made for this site and this session"),
    (r"POST /api/auth/passkeys/login/finish", "passkey_invalid", r".*", "what a passkey of an account signed for this site"),
    (r"POST /api/auth/email", "validation_failed", r"/email#same", "another address than the account has"),
    (r"POST /api/auth/keys", "validation_failed", r"/scopes/\d+#enum", "scopes name collections and operations that there are"),
    (r"POST /api/auth/keys", "validation_failed", r"/expiresAt(#.*)?", "a key ends in the future"),
    (r"POST /api/files", "validation_failed", r"query:for(#.*)?", "a field that takes files"),
    (r".*/lines.*", "validation_failed", r"/quantity", "at most 9,999 of one thing, with those that are in the cart already"),
    (r"(POST|PATCH) /api/categories.*", "validation_failed", r"/parent#(circle|too_deep|too_many)", "a category stands not below itself, and at most eight deep"),
    (r"(POST|PATCH) /api/variants.*", "validation_failed", r"/options(/.*)?", "values that the product offers, one of each of its options"),
    (r"(POST|PATCH) /api/products.*", "validation_failed", r"/(options|optionValues)(/.*)?", "options of different names"),
    (r"POST /api/products/.*/variants", "validation_failed", r"/(id|price/amount).*", "a product that has options, and a price that is not below zero"),
    (r"(POST|PATCH) /api/variants.*", "validation_failed", r"/(parts(/.*)?|isDigital)#(type|bundle|tax_class|uniqueItems|reference_not_found)", "parts of a bundle are variants, each once, no bundles themselves, and taxed alike"),
    (r"POST /api/stockLevels/.*/receive", "validation_failed", r"/quantity.*", "units that are expected, and no more than are counted"),
    (r"PATCH /api/stockLevels/.*", "validation_failed", r"/onHand#(minimum|maximum)", "what is promised stays promised, and what is counted is counted exactly"),
    (r"POST /api/stock(Levels|Transfers)", "validation_failed", r"/(location|to|quantity).*", "places that the config names, and units that nobody was promised"),
    (r"POST /api/stockCounts", "validation_failed", r"/lines/\d+/(variant|counted).*", "each variant once, and at least what is promised of it"),
    (r"POST /api/orders(/.*/(edits|exchanges(/quote)?))?", "validation_failed", r"/(lines|add)(/.*)?", "lines of this draft, each once, and prices that are not below zero"),
    (r"POST /api/orders/.*/refunds", "validation_failed", r"/(lines|amount)(/.*)?", "lines of this order, units not given back yet, an amount in its currency, and not both"),
    (r"POST /api/orders/.*/fulfillments", "validation_failed", r"/lines/\d+/(line|quantity)", "lines of this order, each once, and no more units than were ordered"),
    (r"POST /api/orders/.*/(cancel|returns|exchanges(/quote)?)", "validation_failed", r"/lines/\d+/(line|quantity)", "lines of this order, each once, and no more units than were ordered"),
    (r"POST /api/returns/.*/receive", "validation_failed", r"/lines/\d+/(line|quantity)", "lines of this return, and units of it that are still to come"),
    (r"POST /api/returns/.*/complete", "validation_failed", r"/(deduction/.*|to)", "an amount in the currency of the order, and store credit where it is an account's"),
    (r"(POST /api/orders/.*/fulfillments|PATCH /api/fulfillments/.*)", "validation_failed", r"/tracking/\d+/url", "an address that every reader understands alike"),
    (r"POST /api/payments/.*/(capture|receipt)", "validation_failed", r"/amount/.*", "an amount in the currency of the payment"),
    (r"PATCH /api/shippingMethods/.*", "validation_failed", r"/(countries|rates/.*)", "a patch of JSON is merged, and what comes of it must fit"),
    (r".*", "validation_failed", r".*#characters", "a null character is kept by no database"),
    (r".*", "validation_failed", r".*#number", "a number in JSON of more digits than can be kept exactly"),
    (r"PATCH .*", "validation_failed", r"/\w+#(minimum|maximum)", "the sum that $increment makes keeps to the limits of its field"),
    (r"PATCH .*", "validation_failed", r"/\w+#null", "$increment adds to a number that is there"),
    (r"(POST|PATCH) /api/addresses.*", "validation_failed", r"/country#enum", "countries of ISO 3166-1"),
    (r"(POST|PATCH) /api/carts.*", "validation_failed", r"/saved(Shipping|Billing)Address#exclusive", "an address that is given, or one that is kept"),
    (r"(POST|PATCH) /api/(carts|orders).*", "validation_failed", r"/vatId#vat_id", "a VAT number of a country of the EU, with its check digits"),
    (r"(POST|PATCH) /api/webhooks.*", "validation_failed", r"/(url|events/\d+)", "an address of the web, and names of events that there are"),
    (r"POST /api/emails", "validation_failed", r"/(template|data|subject|text|html|category|sendAt|expiresAt)(/.*)?", "a template of the project with its data, or words of one's own, and times to come"),
    (r"POST /api/emailThreads/.*/reply", "validation_failed", r"/(text|savedReply)", "a text, or a saved reply with all that it needs"),
    (r"PATCH /api/emailThreads/.*", "validation_failed", r"/(assignee|record)", "somebody of the staff, and a record that they may see"),
    (r"(POST|PATCH) /api/savedReplies.*", "validation_failed", r"/text", "double braces hold a field of the conversation or of its record"),
    (r"POST /api/files", "validation_failed", r"/#unknown_field", "a form holds one file and nothing else"),
    (r"GET /api/orders/.*/downloads/.*", "file_link_invalid", r"", "a link that an order gave"),
    (r"GET /api/orders/.*/downloads/.*", "download_not_open", r"", "what is bought and paid"),
    (r"GET /api/orders/.*/downloads/.*", "range_not_satisfiable", r"", "a range names bytes that the file has"),
    (r"GET /api/files/.*/content", "range_not_satisfiable", r"", "a range names bytes that the file has"),
    (r"GET /api/files/.*/content", "picture_not_resizable", r"", "a picture that can be made smaller"),
    (r".*", "validation_failed", r".*#range", "times between 1970 and 9999: a schema has no bounds for a time"),
    (r".* /api/uploads.*", "tus_version_unsupported", r"", "Tus-Resumable names a version of tus"),
    (r".*", "precondition_failed", r"", "If-Match names an ETag that an earlier answer gave"),
    (r"POST /api/giftCards", "validation_failed", r"/(value/.*|expiresAt#minimum|message#exclusive)", "a value above nothing in the shop's currency, a time to come, and a message to somebody"),
    (r"POST /api/orders/.*/payment-link", "validation_failed", r"/expiresAt#range", "a time to come, in 90 days at the latest"),
    (r"POST /api/paymentLinks/pay", "provider_unknown", r".*", "providers and their methods are the project's"),
    (r"POST /api/users/.*/credit", "validation_failed", r"/amount/.*", "an amount in the shop's currency, and not nothing"),
    (r"POST /api/orders/.*/refunds", "validation_failed", r"/to#account", "credit is of an account"),
    (r".*/(checkout|payments)", "validation_failed", r"/(payment|provider)#required|/storeCredit#account", "somebody or something pays, and credit is of who is signed in"),
    (r".*/(checkout|payments|balance)", "gift_card_unusable", r".*", "the code of a card with something on it"),
    (r".*/(checkout|payments)", "payment_missing", r".*", "a provider pays what cards do not cover"),
    (r".*/(checkout|payments|adopt-payment)", "provider_unknown", r".*", "providers and their methods are the project's"),
    (r".*", "reference_not_found", r".*", "a reference names a record that is there"),
    (r".*", "not_for_sale", r".*", "what is put in a cart is on sale"),
    (r".*", "cart_incomplete", r".*", "checkout asks for what it needs, by the cart"),
    (r".*", "discount_unknown", r".*", "a code names a discount"),
    (r"(POST|PATCH) /api/discounts.*", "validation_failed", r"/(value|per|code|getProducts|getCategories|customerGroups|endsAt|uses.*|firstOrder|active)(/.*)?(#.*)?", "a value as its kind asks for, and what goes with it"),
    (r"POST /api/(payments/webhooks|mail/inbound)/.*", "webhook_rejected", r".*", "a webhook is signed by its provider"),
]


def stated(case, problem):
    places = [(error["path"], f"{error['path']}#{error['code']}") for error in problem.get("errors", [])] or [("", "#")]
    label = case.operation.label

    def fits(line, place):
        operation, code, at, _ = line
        return re.fullmatch(operation, label) and code == problem["code"] and any(re.fullmatch(at, one) for one in place)

    return all(any(fits(line, place) for line in STATED) for place in places)


@schemathesis.check
def valid_request_is_taken(ctx, response, case):
    try:
        return positive_data_acceptance(ctx, response, case)
    except RejectedPositiveData:
        if "problem+json" in str(response.headers.get("content-type")) and stated(case, response.json()):
            return None
        raise


@schemathesis.check
def wrong_request_is_refused(ctx, response, case):
    try:
        return negative_data_rejection(ctx, response, case)
    except AcceptedNegativeData:
        # A body that is left out is sent as one of no bytes, which is a file without any.
        if case.operation.label == "POST /api/files" and response.request.headers.get("content-length") == "0":
            return None
        raise


def methods_at(case):
    """Of the whole document: staff have methods where others have none."""
    return {method.upper() for method in WORLD["methods"][case.operation.path]}


@schemathesis.check
def method_of_nobody_is_unsupported(ctx, response, case):
    try:
        return unsupported_method(ctx, response, case)
    except Failure:
        # Whom the document does not tell of a method is refused like who may not use it, after the form of the request.
        if response.request.method in methods_at(case) and response.status_code in (400, 401, 403):
            return None
        raise


@schemathesis.check
def allow_names_the_methods_there_are(ctx, response, case):
    try:
        return allow_header_conformance(ctx, response, case)
    except Failure:
        allowed = {method.strip() for method in ", ".join(response.headers["allow"]).split(",")}
        if allowed - {"HEAD", "OPTIONS"} == methods_at(case):
            return None
        raise


def post(path, body):
    request = urllib.request.Request(WORLD["url"] + path, json.dumps(body).encode(), {"content-type": "application/json"})
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


@schemathesis.hook
def before_call(ctx, case, kwargs):
    turn = next(count)
    if case.headers is None:
        case.headers = {}
    headers = case.headers
    headers.update(WORLD["headers"])
    path = case.operation.path
    # These end sessions: of an account that is there for it, not of the caller; and one that is erased is there this once.
    ends = ("/api/auth/logout", "/api/auth/prove", "/api/auth/sessions", "/api/auth/sessions/{id}", "/api/auth/me")
    if path in ends and case.method != "GET" and WORLD["headers"].get("Authorization"):
        account = WORLD["spare"]
        if path == "/api/auth/me" and case.method == "DELETE":
            account = {**account, "email": f"erased-{turn}@example.com"}
            post("/api/auth/register", account)
        headers["Authorization"] = f"Bearer {post('/api/auth/login', account)['token']}"
    if case.meta is None or not case.meta.generation.mode.is_positive:
        return
    # A key that was used with other words is refused, and a guest's must be long: that is tested elsewhere.
    if "Idempotency-Key" in headers:
        headers["Idempotency-Key"] = f"schemathesis-key-{turn:012d}"
    if turn % 2:
        return
    # Every second request that fits is about something that is there, so that it comes further than a 404.
    known = WORLD["ids"].get(path.split("/")[2] if path.count("/") > 1 else "")
    if known and case.path_parameters and "id" in case.path_parameters:
        case.path_parameters["id"] = known
    if case.path_parameters and "line" in case.path_parameters and "line" in WORLD:
        case.path_parameters["line"] = WORLD["line"]
    if isinstance(case.query, dict):
        for name in ("expand", "cursor", "search"):
            case.query.pop(name, None)
        for name, value in (("sort", "-id"), ("fields", "id")):
            if name in case.query:
                case.query[name] = value
    if isinstance(case.body, dict):
        for name, collection in REFERENCES:
            if isinstance(case.body.get(name), str) and collection in WORLD["ids"]:
                case.body[name] = WORLD["ids"][collection]
