import pytest

from mandegar_local.server_choice import Origin, choose_servers
from mandegar_local.stack_error import StackError


def _never_asked() -> bool:
    raise AssertionError("the engine was asked")


def test_servers_that_the_environment_names_are_used_without_asking_an_engine() -> None:
    named = {"KAFKA_BOOTSTRAP": "k:9092", "DATABASE_URL": "postgresql://a@b/c", "SMTP_URL": "smtp://m:25"}

    choice = choose_servers(named, _never_asked)

    assert (choice.kafka, choice.postgres) == (Origin.NAMED, Origin.NAMED)
    assert (
        choice.kafka_bootstrap,
        choice.database_url,
        choice.smtp_url,
    ) == ("k:9092", "postgresql://a@b/c", "smtp://m:25")


def test_containers_are_used_where_an_engine_answers_and_the_mail_sink_stays_ours() -> None:
    choice = choose_servers({}, lambda: True)

    assert (choice.kafka, choice.postgres, choice.smtp_url) == (Origin.CONTAINER, Origin.CONTAINER, None)


def test_processes_are_used_where_no_engine_answers() -> None:
    choice = choose_servers({}, lambda: False)

    assert (choice.kafka, choice.postgres) == (Origin.PROCESS, Origin.PROCESS)


def test_one_named_server_leaves_the_other_to_the_engine() -> None:
    choice = choose_servers({"KAFKA_BOOTSTRAP": "k:9092"}, lambda: True)

    assert (choice.kafka, choice.postgres) == (Origin.NAMED, Origin.CONTAINER)


def test_mandegar_servers_settles_it_without_asking_an_engine() -> None:
    assert choose_servers({"MANDEGAR_SERVERS": "process"}, _never_asked).kafka is Origin.PROCESS
    assert choose_servers({"MANDEGAR_SERVERS": "container"}, _never_asked).postgres is Origin.CONTAINER


def test_an_unknown_kind_of_server_is_refused_by_name() -> None:
    with pytest.raises(StackError, match="'cloud'"):
        choose_servers({"MANDEGAR_SERVERS": "cloud"}, _never_asked)
