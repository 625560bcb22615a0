"""What sentences of a history are made of: English and Persian, by what an entry says."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

ORDER_STATES: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "placed": ("Order placed", "سفارش ثبت شد"),
        "paid": ("Order paid", "سفارش پرداخت شد"),
        "cancelled": ("Order cancelled", "سفارش لغو شد"),
        "refunded": ("Order refunded", "مبلغ سفارش بازگردانده شد"),
        "partly_refunded": ("Order partly refunded", "بخشی از مبلغ سفارش بازگردانده شد"),
    }
)
VISITS: Final[Mapping[str, tuple[str, str, str]]] = MappingProxyType(
    {
        "product.viewed": ("product view", "product views", "مشاهدهٔ محصول"),
        "product.searched": ("search", "searches", "جست‌وجو"),
        "cart.updated": ("change of the cart", "changes of the cart", "تغییر سبد خرید"),
        "checkout.started": ("checkout begun", "checkouts begun", "شروع پرداخت"),
        "customer.logged_in": ("log-in", "log-ins", "ورود"),
    }
)
SURVEYS_FA: Final[Mapping[str, str]] = MappingProxyType({"nps": "توصیه به دیگران", "csat": "رضایت", "ces": "آسانی"})
TICKETS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "opened": ("Support ticket opened", "درخواست پشتیبانی باز شد"),
        "answered": ("Support ticket answered", "درخواست پشتیبانی پاسخ گرفت"),
        "closed": ("Support ticket closed", "درخواست پشتیبانی بسته شد"),
    }
)
PROMISES: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "made": ("Promise made", "قول داده شد"),
        "kept": ("Promise kept", "به قول عمل شد"),
        "broken": ("Promise broken", "به قول عمل نشد"),
    }
)
LEDGER: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "earn": ("{} points earned", "{} امتیاز گرفت"),
        "open": ("{} points brought along", "{} امتیاز به همراه آورد"),
        "activate": ("{} points became usable", "{} امتیاز قابل استفاده شد"),
        "hold": ("{} points reserved", "{} امتیاز رزرو شد"),
        "spend": ("{} points spent", "{} امتیاز خرج شد"),
        "release": ("{} points released", "{} امتیاز آزاد شد"),
        "expire": ("{} points expired", "{} امتیاز منقضی شد"),
        "reverse": ("{} points taken back", "{} امتیاز پس گرفته شد"),
        "repay": ("{} points repaid", "{} امتیاز از بدهی تسویه شد"),
        "adjust": ("{} points adjusted", "{} امتیاز اصلاح شد"),
        "transfer": ("{} points transferred", "{} امتیاز جابه‌جا شد"),
    }
)
# Of credit in money, the amount with its unit stands for the number.
CREDIT: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "earn": ("{} of credit earned", "{} اعتبار گرفت"),
        "activate": ("{} of credit became usable", "{} اعتبار قابل استفاده شد"),
        "hold": ("{} of credit reserved", "{} اعتبار رزرو شد"),
        "spend": ("{} of credit spent", "{} اعتبار خرج شد"),
        "release": ("{} of credit released", "{} اعتبار آزاد شد"),
        "expire": ("{} of credit expired", "{} اعتبار منقضی شد"),
        "reverse": ("{} of credit taken back", "{} اعتبار پس گرفته شد"),
        "repay": ("{} of credit repaid", "{} اعتبار از بدهی تسویه شد"),
        "adjust": ("{} of credit given by the shop", "{} اعتبار از فروشگاه گرفت"),
        "taken": ("{} of credit taken by the shop", "{} اعتبار از سوی فروشگاه کسر شد"),
    }
)
REDEMPTIONS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "reserved": ("{} reserved for spending", "{} برای خرج رزرو شد"),
        "confirmed": ("{} redeemed", "{} خرج شد"),
        "cancelled": ("Redemption of {} cancelled", "خرج {} لغو شد"),
        "returned": ("Redemption of {} returned", "آنچه خرج شده بود برگشت؛ {} خرج شده بود"),
    }
)
COUPONS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "issued": ("Coupon issued: {}", "کوپن صادر شد: {}"),
        "used": ("Coupon used: {}", "کوپن استفاده شد: {}"),
        "returned": ("Coupon returned: {}", "کوپن برگشت: {}"),
    }
)
REFERRALS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "waiting": ("waiting for the first order", "در انتظار نخستین سفارش"),
        "ordered": ("ordered, the points come later", "سفارش داده شد، امتیاز بعداً می‌رسد"),
        "rewarded": ("rewarded", "امتیاز داده شد"),
        "reversed": ("the points were taken back", "امتیاز پس گرفته شد"),
        "review": ("under review", "در حال بررسی"),
        "rejected": ("rejected", "رد شد"),
        "refused": ("refused", "پذیرفته نشد"),
        "expired": ("expired", "منقضی شد"),
    }
)
STAGES: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "awareness": ("awareness", "آشنایی"),
        "consideration": ("consideration", "بررسی"),
        "decision": ("decision", "تصمیم"),
        "service": ("service", "خدمت"),
        "loyalty": ("loyalty", "وفاداری"),
        "advocacy": ("advocacy", "حمایت"),
    }
)
MESSAGES: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "sent": ("{} sent", "{} ارسال شد"),
        "sent_elsewhere": ("{} sent by another system", "{} از سامانه‌ای دیگر ارسال شد"),
        "refused": ("{} refused by the provider", "{} از سوی ارائه‌دهنده پذیرفته نشد"),
        "unknown": ("{} perhaps sent: the answer of the provider is missing", "ارسال {} نامعلوم است"),
        "withheld": ("{} not sent", "{} ارسال نشد"),
    }
)
CHANNELS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType({"email": ("Mail", "ایمیل"), "sms": ("SMS", "پیامک")})
