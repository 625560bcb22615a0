"""What `mandegar import` says of the balances that loyalty has opened."""

from mandegar_local.importing.opened import lines_of

OPENED = {"customers": 2, "lots": 3, "points": 1200, "unknown_tiers": [{"tier": "golden", "customers": 4}]}


def test_what_loyalty_opened_is_told_with_tiers_that_the_programme_does_not_have():
    assert lines_of(OPENED, 1200) == [
        "loyalty has opened 1,200 points over all imports of the shop (lots: 3, customers: 2)",
        "  the programme has no tier golden, which was granted (customers: 4)",
    ]


def test_fewer_points_than_the_import_has_are_told():
    assert "fewer" in lines_of({**OPENED, "unknown_tiers": []}, 1300)[1]
