"""Where sentences end, as a reader of each language would say."""

import pytest
import regex
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.sentences import paragraph_breaks, sentences


def cut(text: str) -> list[str]:
    return [text[start:end] for start, end in sentences(text)]


# Each text is written with | where a reader sees a sentence end.
READ = {
    "a title before a name": "Dr. Smith met Mrs. Jones.|Prof. Li came too.",
    "initials": "J. R. R. Tolkien wrote it.|A. S. Byatt read it.",
    "a country's letters": "The U.S. Army left.|He stayed.",
    "an acronym is a word": "I watch the BBC.|They read.",
    "decimals and times": "Pi is 3.14 or so.|We met at 5 p.m. today.",
    "addresses": "See www.example.org/a.html for more.|Then write.",
    "a number after a short word": "See fig. 3 and p. 12 there.|Done.",
    "an ellipsis that goes on": "Well... perhaps not.|Wait… what was it?|Yes.",
    "a quotation that goes on": "“Really?” she said.|“Yes!”|He left.",
    "brackets after the mark": "(It was late.)|[It rained!]|We went home.",
    "a footnote's number": "It was built early.[1]|It fell later.[2][3]|Nobody knows.",
    "marks in a row": "What?!|No way!!!|Fine.",
    "a year ends a sentence": "It was built in 1990.|Then it burnt.",
    "German abbreviations": "Das gilt z. B. für Nr. 5 bzw. den Rest.|So ist es.",
    "German ordinals": "Am 3. Mai begann im 19. Jahrhundert alles.|Es endete nie.",
    "German quotation marks": "„Kommst du?“|„Nein!“, sagte er.|»Gut.«|Sie ging.",
    "French": "M. Dupont est là !|Où ça ?|« Ici. »|Bien.",
    "Spanish": "¿Qué hora es?|¡Las tres!|El Sr. Ruiz llegó.",
    "Czech": "Narodil se 12. září v Brně.|Ulice sv. Jana je blízko.",
    "Polish": "Mieszkał przy ul. Długiej w XIX w. z rodziną.|Potem wyjechał.",
    "Turkish": "Bu 3. Bölüm.|Sonra ne oldu?|Bilmiyorum.",
    "Russian": "Он жил в г. Москве на ул. Мира.|А. С. Пушкин писал.|См. стр. 5 там.",
    "Greek": "Τι κάνεις;|Καλά, ευχαριστώ.|Εσύ;",
    "Georgian": "ეს არის წიგნი.|ის კარგია.",
    "Armenian": "Սա գիրք է։|Դա տուն է:|Այո։",
    "Hebrew": "זה ספר.|מה שלומך?|טוב!",
    "Arabic": "هل أنت بخير؟|نعم، شكرا.|وصل د. أحمد أمس.",
    "Urdu": "یہ کتاب ہے۔|آپ کیسے ہیں؟|ٹھیک۔",
    "Persian": "حال شما چطور است؟|خوبم.|ممنون!",
    "Hindi": "यह घर है।|वह कौन है?|अच्छा है.|डॉ. शर्मा आए।",
    "Sanskrit with a verse's number": "धर्मक्षेत्रे कुरुक्षेत्रे॥ १ ॥|अन्यत्।",
    "Bengali": "এটি একটি বই।|তুমি কেমন আছ?|ভালো।",
    "Tamil": "இது ஒரு புத்தகம்.|நீ யார்?|சரி.",
    "Amharic": "ሰላም ነው።|እንዴት ነህ፧|ደህና፡፡|እሺ።",
    "Chinese": "我们走吧。|你好吗？|很好！他笑了。",
    "Chinese quotation": "他说：“你好。”|然后走了。",
    "Chinese with half-width marks": "你好!|我是小明。|真的吗?|是的.|共3.14元。",
    "a full-width decimal": "圆周率是３．１４左右。|对。",
    "Japanese": "雨が降った。|本当？|はい。",
    "a Japanese quotation that goes on": "彼は「行く。」と言った。|次の日、雨だった。",
    "a unit ends a sentence": "Es wiegt 80 kg.|Wir sehen tv.|Gut.",
    "Korean": "지금 해.|3년 전에 그랬다.|안녕하세요.|반갑습니다!|누구세요?",
    "Burmese": "ဒါစာအုပ်ပါ။|နေကောင်းလား၊ မေးတယ်။",
    "Khmer": "នេះជាសៀវភៅ។|ផ្លែប៉ោម ក្រូច។ល។|ល្អ៕",
    "Tibetan": "བཀྲ་ཤིས་བདེ་ལེགས། །|ཁྱེད་རང་སུ་ཡིན།|ང་ཡིན༎",
    "a list": "- First thing\n|- Second thing\n|1. Numbered thing\n|2) Another",
    "a numbered heading": "2.1. Rivers are long.|Canals are short.",
    "a heading without a mark": "Rivers\n|The rivers of this country are long and slow.",
    "wrapped lines": "This line was wrapped by hand at\na width that suited the writer. |Yes.",
    "paragraphs": "No mark here\n\n|nor here\n \n|The end",
}  # fmt: skip
READ["Chinese"] = READ["Chinese"].replace("很好！他", "很好！|他")


@pytest.mark.parametrize("name", READ)
def test_sentences_end_where_a_reader_sees_it(name):
    wanted = [part.strip() for part in READ[name].split("|")]
    joined = READ[name].replace("|", "" if regex.search(r"\p{Han}|\n\|", READ[name]) else " ")
    assert cut(joined) == wanted


def test_spaces_in_thai_end_clauses_but_not_around_a_name():
    text = (
        "เมื่อเช้านี้พวกเราไปตลาดด้วยกันเพื่อซื้อผักและผลไม้สดจำนวนมาก "
        "แล้วกลับบ้าน กับ สมชาย เพื่อทำอาหารกลางวันให้ทุกคนในครอบครัว "
        "ตอนเย็นฝนตก"
    )
    assert cut(text)[0].endswith("จำนวนมาก")
    assert 2 <= len(cut(text)) <= 3


def test_blank_lines_of_every_kind_part_paragraphs():
    for blank in ("\n\n", "\r\n\r\n", "\r\r", "\n \t\n", "\u2029", "\x0c", "\x85\x85"):
        text = f"one{blank}two"
        assert [text[start:end] for start, end in paragraph_breaks(text)] == [blank]
    for line in ("\n", "\r\n", "\r", " \n "):
        assert paragraph_breaks(f"one{line}two") == []


def test_no_text_has_no_sentences():
    assert sentences("") == []
    assert sentences(" \n\t\n\u3000") == []


@given(
    st.text(
        alphabet=st.sampled_from(
            "aBé1.!?…\"'”“«»)]\n\r \t\u2028\x1c;:。」、です।क्षि་། །"
            "ກก ሰ፡።Ա:α;\u0301\u200d🇪👍🏽‼\ufe0f가각\u0600-"
        ),
        max_size=60,
    )
)
@settings(max_examples=500, deadline=None)
def test_sentences_cover_any_text_without_tearing_a_character(text):
    ends = {0} | {match.end() for match in regex.finditer(r"\X", text)}
    position = 0
    for start, end in sentences(text):
        assert position <= start < end
        assert not text[position:start].strip()
        assert text[start:end].strip()
        assert {start, end} <= ends
        position = end
    assert not text[position:].strip()
