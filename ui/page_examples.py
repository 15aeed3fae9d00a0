"""Questions to try on the sample folder, each in another language.

For every one the samples hold an answer in languages that share no word with it.
"""

EXAMPLES = (
    "My passport was stolen abroad",
    "Почему бывают землетрясения?",
    "كيف أختار كلمة مرور قوية؟",
    "Comment repérer un e-mail frauduleux ?",
    "夜汽車でよく眠るには？",
    "Mein Flug hat Verspätung",
    "밤에 잠을 잘 자려면?",
)
