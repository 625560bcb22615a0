"""Persian words of praise and complaint with their weights, in the spelling of ``persian.plain``.

``_`` stands where a word has two parts, which people write together, apart or with a half-space. Endings are not spelt
out. What people write to shops counts: colloquial spellings stand beside the written ones.
"""

from types import MappingProxyType

_PRAISE: dict[float, str] = {
    3.0: "عالی فوق_العاده بی_نظیر محشر شاهکار بهترین بی_نقص معرکه خارق_العاده عاشقش حرف_نداره حرف_ندارن "
    "حرف_ندارد رو_دست_نداره کم_نظیر دمتون_گرم دمت_گرم",
    2.2: "عاشق عشق لذت خوش_مزه لذیذ خوشحال ناب با_کیفیت درجه_یک ایده_آل ایده_ال مرغوب پرفکت کار_راه_انداز",
    2.0: "خوب خوبی قشنگ زیبا خوشگل راضی رضایت دلچسب دلنشین شیک جذاب خوش_قول خوش_برخورد خوشرو خوش_ساخت خوش_دوخت "
    "خوش_کیفیت خوش_طعم خوش_بو حرفه_ای توپ",
    1.5: "ممنون ممنونم مرسی متشکر متشکرم سپاس سپاسگزار سپاسگزارم تشکر مچکر مچکرم خوشم خوشمون مودب محترمانه "
    "پیشنهاد توصیه کاربردی با_ارزش قابل_اعتماد خوشبختانه آفرین احسنت دوستش_دارم دوستش_داشتم دوست_داشتنی دوست_دارم "
    "دوست_داشتم دوست_داشتیم می_ارزه می_ارزید می_ارزد بی_دردسر ذوق خفن موفق باحال با_سلیقه دلسوز",
    1.2: "سریع سالم تمیز راحت زود به_موقع سر_وقت محکم مقاوم مرتب دقیق تازه داغ با_دوام به_درد_بخور "
    "به_درد_می_خوره کارآمد صادق منصفانه منصف پاسخگو خوش_خوراک آبدار مهربان مهربون",
    0.8: "ارزان ارزون مناسب نرم لطیف کامل اورجینال مطمئن اعتماد صرفه به_صرفه جالب لطف با_ادب قوی روان بهتر "
    "قابل_قبول خدا_قوت",
}
_COMPLAINT: dict[float, str] = {
    -3.0: "افتضاح وحشتناک فاجعه مزخرف آشغال اشغال بدترین متنفر نفرت کلاهبردار کلاهبرداری دزد دزدی کثافت حال_به_هم_زن",
    -2.4: "تقلبی فیک داغون داغان بی_کیفیت بنجل گندیده فاسد کپک کپک_زده مسموم توهین بی_احترامی بی_ادب بی_شعور "
    "فریب گول چرت مسخره عصبانی تاسف_بار خیانت",
    -2.0: "بد خراب شکسته پاره معیوب زشت کثیف نا_راضی نا_رضایتی نا_مرغوب دروغ دروغگو پشیمان پشیمون پشیمانی "
    "بد_قول بد_قولی بد_رفتار بد_رفتاری بد_اخلاق بد_مزه بد_بو بی_مزه بی_خود بی_ارزش کلافه آزار_دهنده زباله "
    "نخرید نخرین نخر بی_مسیولیت بی_مسولیت له_شده ترکیده زنگ_زده بیات هدر به_درد_نخور به_درد_نمی_خور "
    "بد_جنس بد_ساخت دردسر سوسک ضرر نا_مناسب تنفر بدبختی بی_دقتی بی_توجهی بی_انصاف بی_معرفت خجالت متلاشی "
    "غیر_قابل غیر_حرفه_ای",
    -1.6: "تاخیر دیر ضعیف ناقص اشتباه مشکل ایراد نقص شکایت اعتراض معطل معطلی متاسفانه متاسفم متاسف حیف سوخته "
    "نا_راحت نا_راحتم اعصاب گم نمیرسه خسته فرسوده کهنه کدر بی_رنگ رنگ_و_رو_رفته لک لکه چروک آب_رفت "
    "آب_رفته از_کار_افتاد نشتی انتقاد گلایه تاسف کمبود کسری خراش خط_و_خش خش_دار مغایرت مغایر آسیب "
    "آسیب_دیده نپخته نا_مرتب نا_منظم اذیت تلخ طول_کشید تفاوت_داشت فرق_داره فرق_داشت فرق_میکنه",
    -1.0: "گران گرون لغو کنسل مرجوع مرجوعی برگشت شور سرد خام مونده مانده دور_ریختن دور_ریختنه بی_فایده الکی سخت "
    "سنگین تنگ گشاد کثیفی واقعا_که آبکی بی_نمک ترش شل پسش پس_بدید پس_بدین پس_دادم پس_فرستادم تاریخ_گذشته "
    "معلق بلاتکلیف نگران نگرانم منتظرم منتظریم منتظر کاش ای_کاش سر_و_صدا سفت چرب خشک کم_گذاشت کم_گذاشته "
    "کیفیت_پایین درد سر_درد خالی بده",
    -0.5: "معمولی متوسط کوچیک کوچک شلوغ قدیمی بجای به_جای",
}
# Nothing in themselves, complaints where a verb denies them: the work, the answer, the worth that is not there.
_DENIED: dict[float, str] = {
    -1.8: "جواب پاسخ جوابگو ارزش کار درست پیگیری جوابی پاسخی دوست مطابق",
    -1.2: "روشن شارژ تحویل ارسال خبری پول پولم وصل شبیه کیفیت طعم مزه توجه دقت احترام اهمیت خرید سفارش اصل",
}
_words = str.split
# What would be a form of a word of the lexicon, and is another word: minute, cream, floor, shorts, to give.
_NO_FORMS = frozenset(
    _words("دقیقه دقیقهای خامه خامهای مرتبه شورت ترشی لکن محکمه نرمش روانی بدن بدم بدو بدید بدین بدیم بدون")
    + _words("کارت کارتی کارتم کارتون اصلن")
)
# Plural, comparison, possession, article and the verb to be.
_ENDINGS = _words(
    "هاشون هایشان اتی اتش ات "
    "هایی هایش هاشو ترینه ترین هاش های شون تون مون ترم تره یند یست اند ست ها تر یه یم ید ین یی اش "
    "ام ای مو شو ه م ی ش ت و ن"
)


def _forms(lexicon: dict[float, str]) -> MappingProxyType[str, float]:
    """Each word and each of its forms. What is spelt out as a word is no form of another one."""
    words = {word.replace("_", ""): weight for weight, those in lexicon.items() for word in those.split()}
    forms = {word + ending: weight for word, weight in words.items() for ending in _ENDINGS}
    for word in _NO_FORMS:
        forms.pop(word, None)
    return MappingProxyType({**forms, **words})


WEIGHTS = _forms({**_PRAISE, **_COMPLAINT})
DENIED = _forms(_DENIED)
# Where a word of several parts may begin.
BEGINNINGS = frozenset(
    word.split("_")[0] for those in [*_PRAISE.values(), *_COMPLAINT.values()] for word in those.split() if "_" in word
)
PARTS_MAX = 4

STRONGER = frozenset(
    _words("خیلی بسیار واقعا کاملا شدیدا بشدت حسابی انقدر اینقدر چقدر بینهایت فوق زیادی کلی اصلا اصلن ابدا همیشه")
)
WEAKER = frozenset(_words("کمی یکم یکمی نسبتا تقریبا تاحدی تاحدودی چندان زیاد"))
# What stands after one of these counts more than what stands before it.
CONTRAST = frozenset(_words("ولی اما لیکن منتها منتهی"))
# The next word is denied.
WITHOUT = frozenset(_words("بدون نه عدم هیچ غیر"))
# Verbs that end what was said: one that denies does not reach across.
SAID = frozenset(
    _words("بود بودن بودند بودم بودید است هست هستند هستم شد شدن شدند شده کرد کردن کردند کردم کردید")
    + _words("داشت داره دارد دارن رسید")
)

EMOJI: MappingProxyType[str, float] = MappingProxyType(
    dict.fromkeys("😍🥰😘🤩❤♥💚💙💜🧡💛💖💕😻", 2.0)
    | dict.fromkeys("😊☺🙂😀😃😄😁😋👍👌👏🙏🌹🌸💐🌺🌷💯⭐🌟✨🎉✅", 1.2)
    | dict.fromkeys("😡🤬😠🤮🤢😤👎", -2.0)
    | dict.fromkeys("😞😔😢😭💔😒🙄😩😫😕🙁☹😣😖😑😐❌", -1.2)
)
