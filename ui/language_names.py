"""Language tags as people call them.

The index speaks BCP-47 ("zh-Hans"); a person reads "Chinese (Simplified)". The names are CLDR's
English ones. A tag that is not listed shows as itself, which is still right.
"""

UNKNOWN = "und"

_LANGUAGES = dict(
    entry.split("=")
    for entry in (
        "af=Afrikaans|am=Amharic|an=Aragonese|ar=Arabic|as=Assamese|ast=Asturian|az=Azerbaijani|"
        "ba=Bashkir|be=Belarusian|bg=Bulgarian|bn=Bangla|bo=Tibetan|br=Breton|bs=Bosnian|"
        "ca=Catalan|ceb=Cebuano|ckb=Central Kurdish|co=Corsican|cs=Czech|cv=Chuvash|cy=Welsh|"
        "da=Danish|de=German|dv=Divehi|dz=Dzongkha|el=Greek|en=English|eo=Esperanto|es=Spanish|"
        "et=Estonian|eu=Basque|fa=Persian|fi=Finnish|fil=Filipino|fo=Faroese|fr=French|"
        "fy=Western Frisian|ga=Irish|gd=Scottish Gaelic|gl=Galician|gn=Guarani|gu=Gujarati|"
        "ha=Hausa|haw=Hawaiian|he=Hebrew|hi=Hindi|hr=Croatian|ht=Haitian Creole|hu=Hungarian|"
        "hy=Armenian|ia=Interlingua|id=Indonesian|ig=Igbo|ilo=Iloko|is=Icelandic|it=Italian|"
        "ja=Japanese|jv=Javanese|ka=Georgian|kab=Kabyle|kk=Kazakh|km=Khmer|kn=Kannada|ko=Korean|"
        "ku=Kurdish|ky=Kyrgyz|la=Latin|lb=Luxembourgish|lg=Ganda|ln=Lingala|lo=Lao|"
        "lt=Lithuanian|lv=Latvian|mg=Malagasy|mi=Māori|mk=Macedonian|ml=Malayalam|mn=Mongolian|"
        "mr=Marathi|ms=Malay|mt=Maltese|my=Burmese|nb=Norwegian Bokmål|ne=Nepali|nl=Dutch|"
        "nn=Norwegian Nynorsk|no=Norwegian|ny=Nyanja|oc=Occitan|om=Oromo|or=Odia|os=Ossetic|"
        "pa=Punjabi|pl=Polish|ps=Pashto|pt=Portuguese|qu=Quechua|rm=Romansh|ro=Romanian|"
        "ru=Russian|rw=Kinyarwanda|sa=Sanskrit|sah=Yakut|sc=Sardinian|sd=Sindhi|si=Sinhala|"
        "sk=Slovak|sl=Slovenian|sn=Shona|so=Somali|sq=Albanian|sr=Serbian|st=Southern Sotho|"
        "su=Sundanese|sv=Swedish|sw=Swahili|ta=Tamil|te=Telugu|tg=Tajik|th=Thai|ti=Tigrinya|"
        "tk=Turkmen|tl=Tagalog|tr=Turkish|tt=Tatar|ug=Uyghur|uk=Ukrainian|ur=Urdu|uz=Uzbek|"
        "vi=Vietnamese|wo=Wolof|xh=Xhosa|yi=Yiddish|yo=Yoruba|yue=Cantonese|zh=Chinese|zu=Zulu"
    ).split("|")
)
_SCRIPTS = {
    "Arab": "Arabic",
    "Cyrl": "Cyrillic",
    "Deva": "Devanagari",
    "Hans": "Simplified",
    "Hant": "Traditional",
    "Latn": "Latin",
}


def language_name(tag: str) -> str:
    """Return the English name of a BCP-47 tag, such as "Chinese (Simplified)" for "zh-Hans"."""
    if tag == UNKNOWN or not tag:
        return "Unknown language"
    base, *rest = tag.split("-")
    name = _LANGUAGES.get(base.lower())
    if name is None:
        return tag
    detail = ", ".join(_SCRIPTS.get(part, part) for part in rest)
    return f"{name} ({detail})" if detail else name
