"""Documents that are generated from the code say what the code says today."""

import re

import pytest

from generated.__main__ import DOCUMENTS
from generated.customer_tables import MODULES
from tidy.tree import ROOT


@pytest.mark.parametrize("path", DOCUMENTS)
def test_a_generated_document_is_up_to_date(path):
    assert (ROOT / path).read_text() == DOCUMENTS[path](), "run `make generate`"


@pytest.mark.parametrize("path", MODULES)
def test_a_generated_module_says_what_the_tables_declare(path):
    assert (ROOT / path).read_text() == MODULES[path](), "run `make generate`"


@pytest.mark.parametrize("path", DOCUMENTS)
def test_every_link_within_a_generated_document_leads_to_a_heading(path):
    text = DOCUMENTS[path]()
    headings = {
        re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")
        for heading in re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    }

    assert set(re.findall(r"\]\(#([^)]+)\)", text)) <= headings
