"""Asynchronous HTTP requests are made with the client whose failures are all ``HTTPError``."""

from tidy.tree import report, sources


def test_no_http_client_is_made_that_raises_something_else_for_a_lost_connection():
    found = [
        f"{source.path}:{call.lineno}"
        for source in sources("libs", "services", "deploy", "tests/faults")
        for call, callee in source.called
        if callee.split(".")[-1] == "AsyncClient"
    ]

    assert not found, report("make a mandegar.http_client.HttpClient", found)
