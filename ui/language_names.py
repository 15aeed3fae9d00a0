"""Language tags as people call them.

The index speaks BCP-47 ("zh-Hans"); a person reads "Chinese (Simplified)". The names are CLDR's
English ones. A tag that is not listed shows as itself, which is still right.
"""

UNKNOWN = "und"

_LANGUAGES = dict(
    entry.split("=")
    for entry in (
        "af=Afrikaans|ak=Akan|am=Amharic|an=Aragonese|ar=Arabic|as=Assamese|ast=Asturian|"
        "avk=Kotava|az=Azerbaijani|ba=Bashkir|be=Belarusian|ber=Berber|bg=Bulgarian|bn=Bangla|"
        "bo=Tibetan|br=Breton|bs=Bosnian|ca=Catalan|cbk=Chavacano|ceb=Cebuano|chm=Mari|"
        "chr=Cherokee|ckb=Central Kurdish|co=Corsican|cs=Czech|cv=Chuvash|cy=Welsh|da=Danish|"
        "de=German|din=Dinka|dsb=Lower Sorbian|dtp=Central Dusun|dv=Divehi|dz=Dzongkha|"
        "el=Greek|en=English|eo=Esperanto|es=Spanish|et=Estonian|eu=Basque|fa=Persian|"
        "fi=Finnish|fil=Filipino|fkv=Kven|fo=Faroese|fr=French|fuv=Nigerian Fulfulde|"
        "fy=Western Frisian|ga=Irish|gcf=Guadeloupean Creole|gd=Scottish Gaelic|gl=Galician|"
        "gn=Guarani|gos=Gronings|grc=Ancient Greek|gu=Gujarati|ha=Hausa|haw=Hawaiian|he=Hebrew|"
        "hi=Hindi|hoc=Ho|hr=Croatian|hrx=Hunsrik|hsb=Upper Sorbian|ht=Haitian Creole|"
        "hu=Hungarian|hy=Armenian|ia=Interlingua|id=Indonesian|ie=Interlingue|ig=Igbo|"
        "ilo=Iloko|io=Ido|is=Icelandic|it=Italian|ja=Japanese|jv=Javanese|ka=Georgian|"
        "kab=Kabyle|kha=Khasi|kk=Kazakh|km=Khmer|kn=Kannada|ko=Korean|kok=Konkani|kr=Kanuri|"
        "ku=Kurdish|kw=Cornish|ky=Kyrgyz|la=Latin|lad=Ladino|lb=Luxembourgish|"
        "lfn=Lingua Franca Nova|lg=Ganda|ln=Lingala|lo=Lao|lt=Lithuanian|lv=Latvian|"
        "mg=Malagasy|mi=Māori|mk=Macedonian|ml=Malayalam|mn=Mongolian|mr=Marathi|ms=Malay|"
        "mt=Maltese|my=Burmese|nb=Norwegian Bokmål|nds=Low German|ne=Nepali|nl=Dutch|"
        "nn=Norwegian Nynorsk|no=Norwegian|nso=Northern Sotho|nst=Tase Naga|nus=Nuer|ny=Nyanja|"
        "oc=Occitan|om=Oromo|or=Odia|os=Ossetic|ota=Ottoman Turkish|pa=Punjabi|"
        "pcm=Nigerian Pidgin|pl=Polish|ps=Pashto|pt=Portuguese|qu=Quechua|quc=Kʼicheʼ|"
        "rm=Romansh|rn=Rundi|ro=Romanian|rom=Romany|ru=Russian|rw=Kinyarwanda|sa=Sanskrit|"
        "sah=Yakut|sc=Sardinian|sd=Sindhi|si=Sinhala|sk=Slovak|sl=Slovenian|sn=Shona|so=Somali|"
        "sq=Albanian|sr=Serbian|st=Southern Sotho|su=Sundanese|sv=Swedish|sw=Swahili|"
        "swg=Swabian|ta=Tamil|te=Telugu|tg=Tajik|th=Thai|ti=Tigrinya|tk=Turkmen|tl=Tagalog|"
        "tn=Tswana|to=Tongan|tr=Turkish|tt=Tatar|ug=Uyghur|uk=Ukrainian|ur=Urdu|uz=Uzbek|"
        "vi=Vietnamese|vo=Volapük|war=Waray|wo=Wolof|wuu=Wu Chinese|xal=Kalmyk|xh=Xhosa|"
        "yi=Yiddish|yo=Yoruba|yue=Cantonese|zh=Chinese|zu=Zulu|zza=Zaza"
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
