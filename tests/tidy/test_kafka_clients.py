"""Every Kafka client of the product is made with the options of a ``Broker``: its encryption and its user."""

import ast

from tidy.tree import report, sources

CLIENTS = ("AIOKafkaConsumer", "AIOKafkaProducer", "AIOKafkaAdminClient", "AIOKafkaClient")


def test_no_kafka_client_is_made_without_a_broker():
    calls = [
        (source, call)
        for source in sources("libs", "services", "deploy")
        for call, callee in source.called
        if callee.split(".")[-1] in CLIENTS
    ]
    found = [f"{source.path}:{call.lineno}" for source, call in calls if not _has_options(call)]

    assert len(calls) >= 7
    assert not found, report("pass **broker.options() to the client", found)


def _has_options(call: ast.Call) -> bool:
    named = {keyword.arg for keyword in call.keywords}
    spread = [ast.unparse(keyword.value) for keyword in call.keywords if keyword.arg is None]
    return any(text.endswith("broker.options()") for text in spread) and "bootstrap_servers" not in named
