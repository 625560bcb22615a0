"""The built-in programme, of shops that have stored none."""

from functools import lru_cache
from importlib.resources import files

import yaml

from loyalty.domain.programme import BEGINNING, Programme
from loyalty.programme.document.reading import parse_programme


@lru_cache(maxsize=512)
def default_document(currency: str) -> str:
    """The built-in document, in round amounts of ``currency``."""
    table = yaml.safe_load(files("loyalty").joinpath("programme/default.yaml").read_text(encoding="utf-8"))
    unit = str(table["one_point_per"].get(currency, table["one_point_per"]["other"]))
    scale = {f"{{{key}}}": str(int(unit) * int(factor)) for key, factor in table["spend_in_points"].items()}
    text = str(table["document"]).replace("{currency}", currency).replace("{per}", unit)
    for placeholder, amount in scale.items():
        text = text.replace(placeholder, amount)
    return text


@lru_cache(maxsize=512)
def default_programme(currency: str) -> Programme:
    """The built-in programme, in force from the beginning of time."""
    return parse_programme(default_document(currency), version=0, effective_from=BEGINNING, currency=currency)
