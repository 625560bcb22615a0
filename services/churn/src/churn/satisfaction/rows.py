"""The table of answers."""

from typing import Final

from churn.counted_facts.rows import FactTable
from churn.domain.satisfaction import Answer, counts_of_answers, together

ANSWERS: Final = FactTable("survey_answers", "answers", fact=Answer, together=together, counts=counts_of_answers)
