"""Invented people for the customer numbers of the order log: half of them Persian, most of them with consent."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mandegar_local.demo.stable_random import draw

CONSENT_PERCENT = 70

_FA_FIRST = (
    ("سارا", "sara"), ("علی", "ali"), ("مریم", "maryam"), ("رضا", "reza"), ("نیلوفر", "niloufar"), ("امیر", "amir"),
    ("زهرا", "zahra"), ("کاوه", "kaveh"), ("شیرین", "shirin"), ("بهرام", "bahram"), ("لیلا", "leila"),
    ("آرش", "arash"), ("پریسا", "parisa"), ("سیاوش", "siavash"), ("مهسا", "mahsa"), ("فرهاد", "farhad"),
)  # fmt: skip
_FA_LAST = (
    ("احمدی", "ahmadi"), ("کریمی", "karimi"), ("رستمی", "rostami"), ("مرادی", "moradi"), ("شفیعی", "shafiei"),
    ("نادری", "naderi"), ("صادقی", "sadeghi"), ("بهرامی", "bahrami"), ("یوسفی", "yousefi"), ("تهرانی", "tehrani"),
    ("گلستانی", "golestani"), ("پارسا", "parsa"), ("فروغی", "foroughi"), ("دانش", "danesh"), ("کیانی", "kiani"),
)  # fmt: skip
_EN_FIRST = (
    "Alice", "Oliver", "Emma", "James", "Grace", "Henry", "Nora", "Lucas", "Ivy", "Samuel", "Clara", "Felix", "Rosa",
    "Victor", "Hazel", "Simon",
)  # fmt: skip
_EN_LAST = (
    "Baker", "Hughes", "Morgan", "Walsh", "Carter", "Lindgren", "Novak", "Keller", "Rossi", "Dubois", "Silva",
    "Fischer", "Murphy", "Petrov", "Okafor",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Person:
    """An invented customer, with a phone number as dialled in Iran."""

    number: int
    name: str
    email: str
    phone: str
    locale: str
    consents: bool

    @property
    def customer_id(self) -> str:
        """The shop's id of this customer."""
        return customer_id(self.number)

    def block(self, agreed_at: datetime) -> dict[str, Any]:
        """The `customer` member of a native event; consent is given on both channels or is absent."""
        block: dict[str, Any] = {
            "id": self.customer_id,
            "email": self.email,
            "phone": self.phone,
            "name": self.name,
            "locale": self.locale,
        }
        if self.consents:
            consent = {"status": "granted", "at": agreed_at.isoformat(), "method": "checkout"}
            block["consent"] = {"email": consent, "sms": consent}
        return block


def customer_id(number: int) -> str:
    """The shop's id of a customer number."""
    return f"c-{number}"


def person(number: int) -> Person:
    """The person of a customer number, which is at most 9999 (the phone numbers have four free digits)."""
    persian = draw("locale", number, below=2) == 0
    if persian:
        first, first_latin = _FA_FIRST[draw("first", number, below=len(_FA_FIRST))]
        last, last_latin = _FA_LAST[draw("last", number, below=len(_FA_LAST))]
    else:
        first = first_latin = _EN_FIRST[draw("first", number, below=len(_EN_FIRST))]
        last = last_latin = _EN_LAST[draw("last", number, below=len(_EN_LAST))]
    return Person(
        number=number,
        name=f"{first} {last}",
        email=f"{first_latin}.{last_latin}.{number}@example.test".lower(),
        phone=f"0900000{number:04d}",
        locale="fa-IR" if persian else "en",
        consents=draw("consent", number, below=100) < CONSENT_PERCENT,
    )
