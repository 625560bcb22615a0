"""The table of facts about contracts and trials."""

from typing import Final

from churn.counted_facts.rows import FactTable
from churn.domain.contract_counting import counts_of_contracts
from churn.domain.contracts import Fact, together

CONTRACTS: Final = FactTable("contracts", "facts", fact=Fact, together=together, counts=counts_of_contracts)
