"""Questions to try on the sample folder, each in another language.

For every one the samples hold an answer in languages that share no word with it.
"""

EXAMPLES = (
    "What should I do about a fever at home?",
    "Wie flicke ich einen platten Fahrradreifen?",
    "心脏病发作有什么症状？",
    "¿Cómo escribo mi testamento?",
    "كيف أصلح صنبورًا يسرب الماء؟",
    "बेहतर नींद कैसे आए?",
    "Как вернуть залог за квартиру?",
)
