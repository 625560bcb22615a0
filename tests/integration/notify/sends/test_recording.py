"""A provider has answered and the database is away: the answer is recorded later, the provider is not called again."""

import pytest
import stamina

from builders.bands import crossed
from builders.customers import contact
from notify.sends import worker
from notify.sends.record import write_result


@pytest.mark.parametrize(("failures", "state"), [(6, "sent"), (7, "sending")], ids=["for a while", "for too long"])
async def test_an_answer_is_recorded_once_the_database_is_back_and_the_provider_is_called_once(
    notify, monkeypatch, failures, state
):
    outages = iter(range(failures))

    async def write(*arguments):
        if next(outages, None) is not None:
            raise ConnectionRefusedError
        return await write_result(*arguments)

    monkeypatch.setattr(worker, "write_result", write)
    await notify.deliver(contact(), crossed())
    with stamina.set_testing(True, attempts=7):  # in tests it does not wait
        await notify.send_out()

    assert len(notify.mail.given) == 1
    assert await notify.database.worker.fetchval("SELECT state FROM sends") == state
