"""The probes: each answers its own question, with 503 for no, and needs no token."""


async def test_all_is_well(http):
    for path in ("/livez", "/startupz", "/readyz"):
        assert (await http.get(path)).status_code == 200


async def test_a_loop_that_stands_still_is_not_alive(http, health):
    health.beat_at -= 3600

    answer = await http.get("/livez")

    assert (answer.status_code, answer.json()) == (503, {"alive": False})


async def test_a_process_that_is_starting_is_neither_started_nor_ready(http, health):
    health.started = False

    assert (await http.get("/startupz")).status_code == 503
    answer = (await http.get("/readyz")).json()
    assert answer == {"ready": False, "checks": {"startup": "still starting"}, "degraded": {}}


async def test_a_failing_check_is_told_beside_the_others(http, health):
    async def well() -> None:
        return None

    async def unwell() -> str:
        return "no assignment yet"

    health.checks.update(database=well, lanes=unwell)

    answer = await http.get("/readyz")

    assert answer.status_code == 503
    checks = {"database": "ok", "lanes": "no assignment yet"}
    assert answer.json() == {"ready": False, "checks": checks, "degraded": {}}


async def test_what_a_process_can_do_without_is_told_and_leaves_it_ready(http, health):
    async def unwell() -> str:
        return "no assignment yet"

    health.optional_checks["raw"] = unwell

    answer = await http.get("/readyz")

    assert answer.status_code == 200
    assert answer.json()["degraded"] == {"raw": "no assignment yet"}


async def test_a_draining_process_lives_but_is_not_ready(http, health):
    health.draining = True

    assert (await http.get("/livez")).status_code == 200
    assert (await http.get("/readyz")).json()["checks"] == {"drain": "shutting down"}


async def test_metrics_name_routes_by_their_template_and_never_by_their_path(http, shop):
    token = shop.token("acme", "customers:read")
    await http.get("/v1/customers/sara@example.test/seen", headers={"Authorization": f"Bearer {token}"})
    await http.get("/v1/nothing/sara@example.test")

    said = (await http.get("/metrics")).text

    assert (
        'http_request_duration_seconds_count{code="200",method="GET",route="/v1/customers/{customer_id}/seen"}' in said
    )
    assert 'route="unmatched"' in said
    assert "sara" not in said


async def test_the_description_lists_the_services_routes_and_the_common_ones(http):
    paths = (await http.get("/openapi.json")).json()["paths"]

    assert {"/v1/operations", "/v1/deadletters", "/livez", "/readyz", "/startupz"} <= set(paths)
