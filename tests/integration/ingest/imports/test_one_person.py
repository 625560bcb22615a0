"""What a customer has after all files is what the last one says, by whatever id or address a file names them."""

from datetime import timedelta
from random import Random
from typing import Any

import pytest

from harness.importing import begin, csv_of, errors_of, imported, parts_of, send_part
from harness.ingest_service import SETTINGS, Ingest

AS_OF = {"as_of": "2026-11-01T00:00:00Z"}
BOTH = "customer_id,email,points"
MAIL = "sara@example.com"
TIERS = "customer_id,email,tier,tier_until"
COUPONS = "customer_id,email,code,amount,currency"


async def next_file(ingest: Ingest, kind: str, *rows: str, **fields: Any) -> dict[str, Any]:
    ingest.clock.advance(timedelta(hours=1))
    return await imported(ingest, kind, csv_of(*rows), **{**AS_OF, **fields})


async def merge(ingest: Ingest, customer: str, alias: str) -> None:
    path = f"/v1/customers/{customer}/merge"
    assert (await ingest.ask("POST", path, "customers:merge", json={"alias": alias})).status_code == 200


class Club:
    """What loyalty has of points and tiers: of each lot and each tier the statement that was written last."""

    def __init__(self, ingest: Ingest) -> None:
        self.ingest = ingest
        self._told: list[Any] = []

    async def _newest(self, type_: str, key: str) -> dict[tuple[str, str], Any]:
        self._told += await self.ingest.news()
        rows = await self.ingest.database.worker.fetch("SELECT customer_id, merged_into FROM customers")
        roots = {row["customer_id"]: row["merged_into"] for row in rows if row["merged_into"] is not None}
        told = [event for event in self._told if event.type == type_]
        told.sort(key=lambda event: (event.time, getattr(event.data, "until", None) or event.time))
        return {(roots.get(event.customer_id, event.customer_id), getattr(event.data, key)): event for event in told}

    async def points(self) -> dict[str, int]:
        """The points of those who have some."""
        points: dict[str, int] = {}
        for (customer, _), event in (await self._newest("points.opened", "lot_id")).items():
            points[customer] = points.get(customer, 0) + event.data.points
        return {customer: each for customer, each in points.items() if each}

    async def tiers(self) -> set[tuple[str, str]]:
        """Who has which tier now."""
        told = await self._newest("tier.granted", "tier")
        return {key for key, event in told.items() if event.data.until > self.ingest.clock.now()}


async def test_guests_whose_program_gives_them_no_id_are_told_apart_by_their_addresses(ingest):
    rows = ("customer_id,email,points", "0,a@example.com,10", "0,b@example.com,20", "null,c@example.com,30")
    await next_file(ingest, "customers", *rows)
    assert sorted((await Club(ingest).points()).values()) == [10, 20, 30]


@pytest.mark.parametrize("then", [150, 100, 0])
@pytest.mark.parametrize(
    ("first", "second"),
    [
        (("customers", BOTH, f"c-1,{MAIL},"), ("customers", "email,points", f"{MAIL},")),
        (("customers", BOTH, f"c-1,{MAIL},"), ("points", "email,points", f"{MAIL},")),
        (("customers", "email,points", f"{MAIL},"), ("customers", BOTH, f"c-1,{MAIL},")),
        (("customers", "email,points", f"{MAIL},"), ("points", BOTH, f"c-1,{MAIL},")),
    ],
    ids=["account_guest", "account_guest_lot", "guest_account", "guest_lot"],
)
async def test_a_balance_is_one_lot_of_a_guest_and_an_account(ingest, first, second, then):
    club = Club(ingest)
    await next_file(ingest, first[0], first[1], first[2] + "100")
    done = await next_file(ingest, second[0], second[1], f"{second[2]}{then}")
    await next_file(ingest, "customers", "customer_id,email", f"c-1,{MAIL}")
    assert await club.points() == ({"c-1": then} if then else {})
    assert done["totals"].get("refused", 0) == 0
    await next_file(ingest, second[0], second[1], f"{second[2]}{then}", unit="IRR")
    assert await club.points() == ({"c-1": then} if then else {})


@pytest.mark.parametrize(("first", "second"), [("c-1", "c-2"), ("c-2", "c-1")])
async def test_a_balance_is_one_lot_of_accounts_that_were_merged(ingest, first, second):
    """Also where both had one before: the one that is not stated is taken back."""
    club = Club(ingest)
    await next_file(ingest, "customers", "customer_id,name", *(f"c-{each},Sara" for each in range(1, 5)))
    await next_file(ingest, "points", "customer_id,points", f"{first},100")
    await merge(ingest, "c-2", "c-1")
    await next_file(ingest, "points", "customer_id,points", f"{second},150")
    assert await club.points() == {"c-2": 150}
    await next_file(ingest, "points", "customer_id,points", "c-3,40", "c-4,50")
    await merge(ingest, "c-4", "c-3")
    assert (await club.points())["c-4"] == 90
    for unit, known in ((None, 0), ("IRR", 1)):
        done = await next_file(ingest, "points", "customer_id,points", "c-3,60", unit=unit)
        assert ((await club.points())["c-4"], done["totals"].get("known", 0)) == (60, known)


@pytest.mark.parametrize("first", [0, 1])
async def test_a_balance_is_beside_lots_whichever_file_comes_first(ingest, first):
    club = Club(ingest)
    files = [
        ("points", "customer_id,points,expires", "c-1,50,2027-01-01", "c-1,70,2027-02-01"),
        ("customers", "customer_id,points,expires", "c-1,120,2027-01-01"),
    ]
    for kind, *rows in (files[first], files[1 - first]):
        await next_file(ingest, kind, *rows)
    assert await club.points() == {"c-1": 240}


@pytest.mark.parametrize("kind", ["whole", "single"])
async def test_of_accounts_with_one_address_each_has_its_own_balance_and_the_guest_none(ingest, kind):
    """Nobody is given what the guest did, so the balance is the account's own, however the file is cut."""
    club = Club(ingest)
    await next_file(ingest, "customers", "email,points", f"{MAIL},100")
    rows = [f"c-1,{MAIL},100", f"c-2,{MAIL},70"]
    await next_file(ingest, "customers", BOTH, *rows, rows=1 if kind == "single" else 9)
    assert await club.points() == {"c-1": 100, "c-2": 70}


@pytest.mark.parametrize("points", [100, 150])
async def test_a_balance_is_the_accounts_own_where_their_profile_is_left_out(ingest, points):
    club = Club(ingest)
    await next_file(ingest, "customers", "customer_id,email", "c-1,old@example.com")
    await next_file(ingest, "customers", "email,points", f"{MAIL},100")
    done = await next_file(ingest, "customers", BOTH, f"c-1,{MAIL},{points}")
    assert (await club.points(), done["totals"].get("refused", 0)) == ({"c-1": points}, 0)


async def test_a_guest_who_was_split_by_hand_keeps_what_is_theirs(ingest):
    club = Club(ingest)
    await next_file(ingest, "customers", "customer_id,email", f"c-1,{MAIL}")
    await next_file(ingest, "points", "email,lot_id,points", f"{MAIL},l-1,5")
    [guest] = await ingest.database.worker.fetch("SELECT customer_id FROM customers WHERE merged_into = 'c-1'")
    assert (await ingest.ask("POST", f"/v1/customers/{guest[0]}/split", "customers:merge")).status_code == 200
    await next_file(ingest, "customers", "email,points", f"{MAIL},100")
    await next_file(ingest, "customers", BOTH, f"c-1,{MAIL},100")
    assert await club.points() == {"c-1": 105, guest[0]: 100}


async def test_a_lot_that_a_split_left_with_an_account_follows_the_account(ingest):
    await next_file(ingest, "points", "email,lot_id,points", f"{MAIL},l-1,100")
    await next_file(ingest, "customers", "customer_id,email", f"c-1,{MAIL}")
    [guest] = await ingest.database.worker.fetch("SELECT customer_id FROM customers WHERE merged_into = 'c-1'")
    assert (await ingest.ask("POST", f"/v1/customers/{guest[0]}/split", "customers:merge")).status_code == 200
    await next_file(ingest, "customers", "customer_id,name", "c-2,Sara")
    await merge(ingest, "c-2", "c-1")
    done = await next_file(ingest, "points", "customer_id,lot_id,points", "c-2,l-1,150")
    assert done["totals"]["corrected"] == 1


@pytest.mark.parametrize("size", [1, 9])
@pytest.mark.parametrize("rows", [[",100", "c-1,150"], [",100", "c-1,100"], ["c-1,150", ",100"], ["c-1,100", ",100"]])
async def test_a_guest_and_an_account_of_one_file_have_one_balance_wherever_it_is_cut(ingest, rows, size):
    club = Club(ingest)
    written = [row.replace(",", f",{MAIL},") for row in rows]
    done = await next_file(ingest, "customers", BOTH, *written, rows=size)
    await next_file(ingest, "customers", "customer_id,email", f"c-1,{MAIL}")
    assert await club.points() == {"c-1": int(rows[0].split(",")[1])}
    assert done["totals"].get("refused", 0) == (rows != ["c-1,100", ",100"])


@pytest.mark.parametrize(
    "files",
    [
        [f"c-1,{MAIL},gold", f",{MAIL},silver"],
        [f",{MAIL},gold", f"c-1,{MAIL},silver"],
        [f",{MAIL},gold", f"c-1,{MAIL},gold", f",{MAIL},silver"],
        [f",{MAIL},silver", "c-1,,gold", f"c-1,{MAIL},silver", f"c-1,{MAIL},silver"],
    ],
)
async def test_a_tier_is_one_however_its_customer_is_written(ingest, files):
    club = Club(ingest)
    for number, row in enumerate(files):
        done = await next_file(ingest, "customers", TIERS, f"{row},2027-0{1 + number}-01")
        assert done["totals"].get("refused", 0) == 0
    await next_file(ingest, "customers", "customer_id,email", f"c-1,{MAIL}")
    assert await club.tiers() == {("c-1", "silver")}


async def test_a_coupon_of_a_guest_becomes_the_accounts_who_has_the_address(ingest):
    await next_file(ingest, "coupons", COUPONS, f",{MAIL},HELLO-12345,100,IRR")
    await ingest.news()
    done = await next_file(ingest, "coupons", COUPONS, f"c-1,{MAIL},HELLO-12345,100,IRR")
    news = await ingest.news()
    assert [event.customer_id for event in news if event.type == "coupon.opened"] == ["c-1"]
    assert "customer.merged" in {event.type for event in news}
    again = await next_file(ingest, "coupons", COUPONS, f"c-1,{MAIL},HELLO-12345,100,IRR", unit="IRR")
    other = await next_file(ingest, "coupons", COUPONS, f"c-2,{MAIL},HELLO-12345,100,IRR")
    assert (done["totals"]["corrected"], again["totals"]["known"], other["totals"]["refused"]) == (1, 1, 1)


async def test_what_an_erased_customer_had_may_be_another_ones(ingest):
    lots = "customer_id,lot_id,points"
    await next_file(ingest, "points", lots, "c-1,l-1,100")
    assert (await ingest.ask("DELETE", "/v1/customers/c-1", "customers:erase")).status_code == 202
    for unit, known in ((None, 0), ("IRR", 1)):
        done = await next_file(ingest, "points", lots, "c-9,l-1,100", unit=unit)
        totals = done["totals"]
        assert (totals["accepted"], totals.get("known", 0), totals.get("refused", 0)) == (1, known, 0)


async def test_a_lower_tier_says_that_the_one_before_a_rebuild_is_not_known(ingest):
    await next_file(ingest, "customers", TIERS, "c-1,,gold,2027-01-01")
    await ingest.database.worker.execute("UPDATE events SET body = NULL, body_hash = ''")
    done = await next_file(ingest, "customers", TIERS, "c-1,,silver,2027-01-01")
    [note] = await errors_of(ingest, done["import_id"])
    assert (note["code"], note["refused"], done["totals"]["accepted"]) == ("tier_before_unknown", False, 1)


@pytest.mark.parametrize("consent", ["no", "yes"])
async def test_a_profile_of_another_instant_is_known_whatever_its_consents(ingest, consent):
    rows = ("customer_id,name,email,email_consent,points", f"c-1,Sara,{MAIL},{consent},100")
    await next_file(ingest, "customers", *rows)
    shop = {**SETTINGS, "points_from": "2026-11-05T00:00:00Z"}
    assert (await ingest.ask("PUT", "/v1/shops/atlas", json=shop)).status_code == 200
    done = await next_file(ingest, "customers", *rows, as_of="2026-11-05T00:00:00Z")
    assert (done["totals"].get("known", 0), done["totals"].get("errors", 0)) == (1, 0)


@pytest.mark.parametrize("size", [1, 9])
@pytest.mark.parametrize(
    ("before", "rows", "points", "refused"),
    [
        ([], [f",{MAIL},10", "c-1,,10", f"c-1,{MAIL},10"], {"c-1": 10, "guest": 10}, {2}),
        ([f",{MAIL},20", "c-1,,20"], [f"c-1,{MAIL},", "c-1,,0"], {}, set()),
        ([f",{MAIL},20"], [f"c-1,{MAIL},", f"c-1,{MAIL},50"], {"c-1": 50}, set()),
        ([f",{MAIL},20"], [f",{MAIL},20", f"c-1,{MAIL},20"], {"c-1": 20}, set()),
        ([f",{MAIL},10"], [f",{MAIL},0", f"c-1,{MAIL},50"], {"c-1": 50}, set()),
        (["c-1,,20"], ["c-1,,20", "c-1,,30"], {"c-1": 30}, set()),
        ([f"c-1,{MAIL},"], [f",{MAIL},20", "c-1,,20", "c-1,,30"], {"c-1": 20}, {2}),
    ],
    ids=["three_rows", "profile_then_0", "profile_then_50", "known_guest", "guest_0", "known_then_more", "guest_first"],
)
async def test_a_row_counts_or_is_refused_wherever_its_file_is_cut(ingest, before, rows, points, refused, size):
    """Rows above in the part count as much as those of the part before, and a refused one in nothing."""
    club = Club(ingest)
    for row in before:
        await next_file(ingest, "customers", BOTH, row)
    done = await next_file(ingest, "customers", BOTH, *rows, rows=size)
    has = {customer if customer == "c-1" else "guest": each for customer, each in (await club.points()).items()}
    lines = {each["line"] - 2 for each in await errors_of(ingest, done["import_id"]) if each["refused"]}
    assert (has, lines) == (points, refused)


@pytest.mark.parametrize("size", [1, 9])
async def test_an_alias_that_brings_an_address_makes_its_guest_the_customer(ingest, size):
    club = Club(ingest)
    await next_file(ingest, "customers", BOTH, "c-1,,100")
    await next_file(ingest, "customers", "customer_id,joined_at", "b-1,2020-05-01")
    await merge(ingest, "c-1", "b-1")
    await next_file(ingest, "customers", BOTH, f"b-1,{MAIL},", f",{MAIL},150", rows=size)
    assert await club.points() == {"c-1": 150}


@pytest.mark.parametrize("size", [1, 9])
async def test_all_coupons_of_a_guest_become_the_accounts_wherever_the_file_is_cut(ingest, size):
    codes = [f"{MAIL},HELLO-{each},100,IRR" for each in (12345, 67890)]
    await next_file(ingest, "coupons", COUPONS, *(f",{each}" for each in codes))
    done = await next_file(ingest, "coupons", COUPONS, *(f"c-1,{each}" for each in codes), rows=size)
    assert done["totals"].get("refused", 0) == 0


@pytest.mark.parametrize("seed", range(4))
async def test_a_balance_is_equal_or_a_row_is_refused_wherever_a_file_is_cut(ingest, seed):
    """The same rows of four people are imported whole, and a row a part."""
    random, club = Random(seed), Club(ingest)
    written = [(each, random.choice([0, 10, 20])) for each in random.choices(range(4), k=16)]
    rows = [_row(random, *each, ("account", "guest", "both")) for each in written]
    has: list[dict[int, int]] = []
    lines: list[list[int]] = []
    for shift, size in ((0, 99), (2, 1)):
        # The same, but for who they are.
        said = [row.replace("c-", f"c-{shift}").replace("p", f"p{shift}", 1) for row in rows]
        known = [f"c-{shift}{each},p{shift}{each}@example.com," for each in range(4)]
        await next_file(ingest, "customers", BOTH, *said[:4], rows=size)
        done = await next_file(ingest, "customers", BOTH, *said[4:], rows=size)
        lines.append([each["line"] for each in await errors_of(ingest, done["import_id"]) if each["refused"]])
        await next_file(ingest, "customers", BOTH, *known)
        points = await club.points()
        has.append({each: points.get(f"c-{shift}{each}", 0) for each in range(4)})
    assert (has[0], lines[0]) == (has[1], lines[1])


def _row(random: Random, person: int, points: int, forms: tuple[str, ...]) -> str:
    ids = {"account": f"c-{person}", "alias": f"b-{person}", "guest": "", "both": f"c-{person}"}
    form = random.choice(forms)
    return f"{ids[form]},{f'p{person}@example.com' if form in ('guest', 'both') else ''},{points}"


async def _imported(ingest: Ingest, random: Random, kind: str, rows: list[str]) -> set[int]:
    """Import the rows in parts of any size; which of them were refused."""
    ingest.clock.advance(timedelta(hours=1))
    text = csv_of(BOTH, *rows)
    begun = await begin(ingest, kind, text, **AS_OF)
    import_id = begun.json()["import_id"]
    for line, part in parts_of(text, random.choice([1, 2, 3, 50])):
        assert (await send_part(ingest, import_id, part, line)).status_code == 200
    assert (await ingest.ask("POST", f"/v1/imports/{import_id}/finish")).status_code == 200
    return {each["line"] - 2 for each in await errors_of(ingest, import_id) if each["refused"]}


@pytest.mark.parametrize("seed", range(4))
async def test_whatever_names_a_customer_the_last_file_says_what_they_have(ingest, seed):
    """Files name people by account, alias, guest, or both; the first one before it is known who is whom."""
    random, club, people = Random(seed), Club(ingest), range(5)
    ids = [f"{who}-{each},2020-05-01" for who in "bc" for each in people]
    await next_file(ingest, "customers", "customer_id,joined_at", *ids)
    for kind in ("customers", "points"):
        rows = [
            _row(random, each, random.choice([0, 10, 20]), ("account", "alias", "guest", "both")) for each in people
        ]
        await _imported(ingest, random, kind, rows)
    await next_file(ingest, "customers", "customer_id,email", *(f"c-{each},p{each}@example.com" for each in people))
    for each in people:
        await merge(ingest, f"c-{each}", f"b-{each}")
    has = {f"c-{each}": 0 for each in people} | {
        customer: points for customer, points in (await club.points()).items() if customer.startswith("c-")
    }
    for number in range(4):
        named = [random.choice(people) for _ in range(7)] if number else [*people]
        kind = random.choice(["customers", "points"])
        said = [(each, random.choice([0, 10, 20])) for each in named]
        rows = [_row(random, *each, ("account", "alias", "guest", "both")) for each in said]
        refused = await _imported(ingest, random, kind, rows)
        assert number or not refused
        for line, (each, points) in enumerate(said):
            if line not in refused:
                has[f"c-{each}"] = points
        assert await club.points() == {customer: points for customer, points in has.items() if points}
