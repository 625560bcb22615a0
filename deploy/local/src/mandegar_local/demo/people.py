"""The people behind the sample's customer numbers: all invented, half of them Persian, most of them with consent."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mandegar_local.demo.chance import chance

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
    """An invented customer. The phone number is written as it is dialled in Iran."""

    number: int
    name: str
    email: str
    phone: str
    locale: str
    consents: bool

    @property
    def customer_id(self) -> str:
        """The shop's own id of this customer."""
        return customer_id(self.number)

    def block(self, agreed_at: datetime) -> dict[str, Any]:
        """The customer block of an event in the native form; consent is given on both channels or was never asked."""
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
    """The shop's id of a customer of the sample."""
    return f"c-{number}"


def person(number: int) -> Person:
    """The person behind a customer number: always the same one. Numbers go up to 9999, as many as there are phones."""
    persian = chance("locale", number, below=2) == 0
    if persian:
        first, first_latin = _FA_FIRST[chance("first", number, below=len(_FA_FIRST))]
        last, last_latin = _FA_LAST[chance("last", number, below=len(_FA_LAST))]
    else:
        first = first_latin = _EN_FIRST[chance("first", number, below=len(_EN_FIRST))]
        last = last_latin = _EN_LAST[chance("last", number, below=len(_EN_LAST))]
    return Person(
        number=number,
        name=f"{first} {last}",
        email=f"{first_latin}.{last_latin}.{number}@example.test".lower(),
        phone=f"0900000{number:04d}",
        locale="fa-IR" if persian else "en",
        consents=chance("consent", number, below=100) < CONSENT_PERCENT,
    )
