import unicodedata

import pytest

from indexer.errors import UnreadableFileError
from indexer.readers.encoding import decode, decode_with_encoding

RUSSIAN = (
    "Врач посоветовал больше гулять и меньше сидеть перед экраном.",
    "Поезд из Казани опаздывает на сорок минут.",
    "Если соседи шумят после одиннадцати, можно вызвать полицию.",
)
UKRAINIAN = (
    "Увечері ми варили борщ за бабусиним рецептом.",
    "Де можна обміняти гроші біля вокзалу?",
    "Її бібліотека відчинена щодня, крім понеділка.",
)
SIMPLIFIED = (
    "感冒的时候应该多喝水，注意休息。",
    "从上海到北京坐高铁大约需要四个半小时。",
    "租房合同到期以前，房东不能随便涨价。",
)
TRADITIONAL = (
    "這家餐廳的牛肉麵又便宜又好吃。",
    "下雨的時候，山路很滑，請小心開車。",
    "如果忘記密碼，可以按下面的連結重新設定。",
)
JAPANESE = (
    "自転車のタイヤがパンクしたので、歩いて帰りました。",
    "頭が痛いときは、薬を飲んで早く寝たほうがいいです。",
    "契約を解除するには、一か月前に知らせてください。",
)
KOREAN = (
    "비행기를 타기 두 시간 전에 공항에 도착해야 합니다.",
    "김치찌개를 맛있게 끓이는 방법을 알려 주세요.",
    "컴퓨터가 갑자기 꺼지면 전원부터 확인하십시오.",
)
POLISH = (
    "Książka leży na półce obok łóżka.",
    "Jeżeli boli cię gardło, pij ciepłą herbatę z miodem.",
    "Wypowiedzenie umowy musi być złożone na piśmie.",
)
CZECH = (
    "Příští vlak do Brna odjíždí ve čtyři hodiny.",
    "Řidič nebyl zraněn, ale auto je zničené.",
    "Těsto nechte odpočívat v chladničce přes noc.",
)
HUNGARIAN = (
    "A szerződést két tanú előtt kell aláírni.",
    "Hűvös időben a növényeket vidd be a házba.",
    "Az őszi szünet október végén kezdődik.",
)
FRENCH = (
    "Le médecin a prescrit un médicament à prendre après le dîner.",
    "Où est passée la clé du garage ?",
    "L’été dernier, nous avons traversé les Pyrénées à vélo.",
)
GERMAN = (
    "Der Schlüssel für den Keller hängt über der Tür.",
    "Kühe fressen Gras, und die Bäuerin füttert die Hühner.",
    "Bitte schließen Sie das Fenster, es ist zu kühl.",
)
SPANISH = (
    "El niño se cayó de la bicicleta y le duele el tobillo.",
    "¿Cuándo caduca el contrato de alquiler?",
    "La montaña más alta está cubierta de nieve todo el año.",
)
PORTUGUESE = (
    "A reunião foi adiada para amanhã às três horas.",
    "O pão fica melhor quando a massa descansa à noite.",
    "Você não precisa de visto para uma estadia curta.",
)
GREEK = (
    "Το φάρμακο πρέπει να λαμβάνεται μετά το φαγητό.",
    "Πού βρίσκεται ο πλησιέστερος σταθμός;",
    "Η θάλασσα ήταν ήρεμη όλο το καλοκαίρι.",
)
TURKISH = (
    "Kışın sobayı açık bırakmak tehlikelidir.",
    "Öğretmen çocuklara güneş sistemini anlattı.",
    "Şehir içinde otobüs yarım saatte bir geçiyor.",
)
HEBREW = (
    "הרופא אמר לי לשתות הרבה מים ולנוח.",
    "באיזו שעה יוצאת הרכבת לחיפה?",
    "אם שכחת את הסיסמה, לחץ על הקישור.",
)
ARABIC = (
    "يجب شرب الماء بكثرة عند الإصابة بالحمى.",
    "متى يغادر القطار إلى الإسكندرية؟",
    "تعلمت القراءة في مدرسة القرية الصغيرة.",
)
LITHUANIAN = (
    "Traukinys į Kauną išvyksta po dešimties minučių.",
    "Ąžuolas šimtą metų auga lėtai.",
    "Jeigu skauda galvą, išgerkite daugiau vandens.",
)
VIETNAMESE = (
    "Bác sĩ khuyên tôi nên uống nhiều nước.",
    "Chuyến tàu đi Hà Nội bị trễ một tiếng.",
    "Món phở này nấu rất ngon và rẻ.",
)
THAI = (
    "หมอบอกให้ดื่มน้ำมาก ๆ และพักผ่อน",
    "รถไฟไปเชียงใหม่ออกกี่โมง",
    "ร้านนี้ขายข้าวมันไก่อร่อยมาก",
)

LEGACY = [
    ("koi8_r", RUSSIAN),
    ("cp1251", RUSSIAN),
    ("cp866", RUSSIAN),
    ("iso8859_5", RUSSIAN),
    ("koi8_u", UKRAINIAN),
    ("cp1251", UKRAINIAN),
    ("gb18030", SIMPLIFIED),
    ("gbk", SIMPLIFIED),
    ("gb18030", TRADITIONAL),
    ("big5", TRADITIONAL),
    ("shift_jis", JAPANESE),
    ("euc_jp", JAPANESE),
    ("iso2022_jp", JAPANESE),
    ("euc_kr", KOREAN),
    ("cp949", KOREAN),
    ("cp1250", POLISH),
    ("iso8859_2", POLISH),
    ("cp1250", CZECH),
    ("cp1250", HUNGARIAN),
    ("cp1252", FRENCH),
    ("cp1252", GERMAN),
    ("cp1252", SPANISH),
    ("cp1252", PORTUGUESE),
    ("cp1253", GREEK),
    ("cp1254", TURKISH),
    ("cp1255", HEBREW),
    ("cp1256", ARABIC),
    ("cp1257", LITHUANIAN),
    ("cp874", THAI),
]
UNICODE = ["utf-8", "utf-16-le", "utf-16-be"]


@pytest.mark.parametrize(("encoding", "sentences"), LEGACY)
def test_several_sentences_in_a_legacy_encoding_are_read_as_they_were_written(encoding, sentences):
    text = "\n".join(sentences)
    assert decode(text.encode(encoding)) == text


@pytest.mark.parametrize(("encoding", "sentences"), LEGACY)
def test_one_short_sentence_in_a_legacy_encoding_is_enough(encoding, sentences):
    assert [decode(sentence.encode(encoding)) for sentence in sentences] == list(sentences)


@pytest.mark.parametrize("encoding", UNICODE)
@pytest.mark.parametrize(
    "sentences", [RUSSIAN, SIMPLIFIED, JAPANESE, KOREAN, ARABIC, THAI, FRENCH, ("Plain ASCII.",)]
)
def test_unicode_without_a_byte_order_mark_is_recognised(encoding, sentences):
    text = "\n".join(sentences)
    assert decode(text.encode(encoding)) == text


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_a_byte_order_mark_decides_and_is_no_part_of_the_text(encoding):
    assert decode("Größe 尺寸".encode(encoding)) == "Größe 尺寸"


def test_vietnamese_in_windows_1258_comes_out_composed():
    # The code page has its tone marks as characters of their own.
    def separate_tones(text):
        pieces = []
        for letter in text:
            parts = unicodedata.normalize("NFD", letter)
            tones = [mark for mark in parts[1:] if mark in "\u0300\u0301\u0303\u0309\u0323"]
            rest = [mark for mark in parts[1:] if mark not in tones]
            pieces.append(unicodedata.normalize("NFC", parts[0] + "".join(rest)) + "".join(tones))
        return "".join(pieces)

    text = "\n".join(VIETNAMESE)
    assert decode(separate_tones(text).encode("cp1258")) == text


def test_a_single_word_is_enough_for_common_languages():
    assert decode("Здравствуйте".encode("koi8_r")) == "Здравствуйте"
    assert decode("Здравствуйте".encode("cp1251")) == "Здравствуйте"
    assert decode("図書館のとなり".encode("cp932")) == "図書館のとなり"
    assert decode("Müller".encode("cp1252")) == "Müller"
    assert decode("안녕하세요".encode("euc_kr")) == "안녕하세요"


@pytest.mark.parametrize(
    ("encoding", "sentence"),
    [
        ("koi8_r", "Где ключ?"),
        ("koi8_r", "Я пью чай."),
        ("iso8859_5", "Ты едешь?"),
        ("cp1253", "Γράφω."),
        ("cp1252", "Chi è?"),
        ("cp1252", "Va à Paris."),
        ("cp1252", "Dov'è la chiave?"),
        ("iso8859_2", "Kupiliśmy chleb."),
    ],
)
def test_two_or_three_words_are_told_from_those_of_another_script(encoding, sentence):
    assert decode(sentence.encode(encoding)) == sentence


def test_capitals_do_not_turn_one_cyrillic_encoding_into_another():
    text = "ПРАВИЛА ПОЖАРНОЙ БЕЗОПАСНОСТИ\nНЕ КУРИТЬ В ПОМЕЩЕНИИ"
    for encoding in ("koi8_r", "cp1251", "cp866"):
        assert decode(text.encode(encoding)) == text


def test_english_with_a_little_of_another_script_keeps_that_script():
    log = "".join(
        f"2026-11-{day:02} ERROR worker failed to open file, Доступ запрещён, retrying in 5 s\n"
        for day in range(1, 29)
    )
    assert decode(log.encode("cp1251")) == log
    prose = "It’s “done” — see the café’s menu for 3 €.\n" * 3
    assert decode(prose.encode("cp1252")) == prose


def test_ascii_lines_before_the_first_foreign_one_do_not_hide_it():
    text = "# comment in English\n" * 5000 + "Настройки сети находятся здесь.\n"
    assert decode(text.encode("koi8_r")) == text


def test_a_few_damaged_bytes_do_not_cost_a_file_its_encoding():
    utf8 = "\n".join(RUSSIAN)
    assert decode(utf8[:-1].encode() + b"\xff") == utf8[:-1] + "\ufffd"
    assert decode(utf8.encode()[:100]).startswith(RUSSIAN[0][:40])
    japanese = "\n".join(JAPANESE).encode("cp932")
    assert decode(japanese[:-1]).startswith(JAPANESE[0])


def test_a_declared_encoding_is_used_where_it_fits_and_ignored_where_it_does_not():
    assert decode("Ätna".encode("mac_roman"), declared="macintosh") == "Ätna"
    assert decode("Тест проверки".encode(), declared="windows-1251") == "Тест проверки"
    text = "\n".join(RUSSIAN)
    assert decode(text.encode("koi8_r"), declared="utf-8") == text
    assert decode(text.encode("koi8_r"), declared="no-such-charset") == text
    # Pages that say Latin-1 mean its Windows superset.
    assert decode(b"\x93quoted\x94", declared="iso-8859-1") == "“quoted”"


@pytest.mark.parametrize(
    "data",
    [
        b"\x7fELF\x02\x01\x01" + bytes(range(256)) * 20,
        b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(range(256)) * 20,
        bytes((i * 7919 + i // 3) % 256 for i in range(20_000)),
        b"\0" * 10_000,
    ],
)
def test_binary_data_is_refused_with_its_reason(data):
    with pytest.raises(UnreadableFileError, match="binary data, not text"):
        decode(data)


def test_a_stray_null_does_not_make_text_binary():
    text = "Temperature log of the cellar, one line an hour.\n" * 40
    assert decode(text.encode() + b"\0end") == text + "\0end"


@pytest.mark.parametrize(
    ("encoding", "sentences"),
    [("johab", KOREAN), ("cp037", ("The quick brown fox goes home and sleeps all night. " * 3,))],
)
def test_encodings_that_no_table_covers_get_a_second_opinion(encoding, sentences):
    text = " ".join(sentences)
    assert decode(text.encode(encoding)) == text


def test_the_name_of_the_encoding_is_told():
    assert decode_with_encoding(b"plain")[1] == "utf-8"
    assert decode_with_encoding("\n".join(RUSSIAN).encode("koi8_r"))[1] == "koi8_r"
