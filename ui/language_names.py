"""Language tags as people call them.

The index speaks BCP-47 ("zh-Hans"); a person reads "Chinese (Simplified)". The names are CLDR's
English ones. A tag that is not listed shows as itself, which is still right.
"""

from indexer.language_tags import UNDETERMINED
from ui.safe_text import attribute

_LANGUAGES = dict(
    entry.split("=")
    for entry in (
        "ab=Abkhazian|ace=Acehnese|ady=Adyghe|af=Afrikaans|ak=Akan|alt=Southern Altai|"
        "am=Amharic|ami=Amis|an=Aragonese|ar=Arabic|arn=Mapuche|ary=Moroccan Arabic|"
        "arz=Egyptian Arabic|as=Assamese|ast=Asturian|av=Avaric|avk=Kotava|awa=Awadhi|"
        "ay=Aymara|az=Azerbaijani|azb=South Azerbaijani|ba=Bashkir|bal=Baluchi|ban=Balinese|"
        "bar=Bavarian|bcl=Central Bikol|be=Belarusian|bem=Bemba|ber=Berber|bg=Bulgarian|"
        "bho=Bhojpuri|bjn=Banjar|blk=Pa'o Karen|bm=Bambara|bn=Bangla|bo=Tibetan|br=Breton|"
        "bs=Bosnian|bug=Buginese|bxr=Russia Buriat|ca=Catalan|cbk=Chavacano|ce=Chechen|"
        "ceb=Cebuano|ch=Chamorro|chm=Mari|chr=Cherokee|cjk=Chokwe|ckb=Central Kurdish|"
        "co=Corsican|crh=Crimean Tatar|cs=Czech|csb=Kashubian|cv=Chuvash|cy=Welsh|da=Danish|"
        "dag=Dagbani|de=German|din=Dinka|diq=Dimli|dsb=Lower Sorbian|"
        "dtp=Central Dusun|dty=Dotyali|dv=Divehi|dz=Dzongkha|ee=Ewe|el=Greek|en=English|"
        "eo=Esperanto|es=Spanish|et=Estonian|eu=Basque|fa=Persian|fi=Finnish|fil=Filipino|"
        "fit=Tornedalen Finnish|fj=Fijian|fkv=Kven|fo=Faroese|fon=Fon|fr=French|frp=Arpitan|"
        "frr=Northern Frisian|fur=Friulian|fuv=Nigerian Fulfulde|fy=Western Frisian|ga=Irish|"
        "gaa=Ga|gag=Gagauz|gcf=Guadeloupean Creole|gcr=Guianese Creole French|"
        "gd=Scottish Gaelic|gl=Galician|gn=Guarani|gom=Goan Konkani|gor=Gorontalo|"
        "gos=Gronings|grc=Ancient Greek|gsw=Swiss German|gu=Gujarati|guw=Gun|gv=Manx|"
        "ha=Hausa|hak=Hakka Chinese|haw=Hawaiian|he=Hebrew|hi=Hindi|hif=Fiji Hindi|"
        "hil=Hiligaynon|hoc=Ho|hr=Croatian|hrx=Hunsrik|hsb=Upper Sorbian|ht=Haitian Creole|"
        "hu=Hungarian|hy=Armenian|ia=Interlingua|id=Indonesian|ie=Interlingue|ig=Igbo|"
        "ilo=Iloko|inh=Ingush|io=Ido|is=Icelandic|it=Italian|ja=Japanese|"
        "jam=Jamaican Creole English|jv=Javanese|ka=Georgian|kaa=Kara-Kalpak|kab=Kabyle|"
        "kbd=Kabardian|kbp=Kabiyè|kea=Kabuverdianu|kg=Kongo|kha=Khasi|kjh=Khakas|kk=Kazakh|"
        "kl=Kalaallisut|km=Khmer|kmb=Kimbundu|kn=Kannada|ko=Korean|koi=Komi-Permyak|"
        "kok=Konkani|kr=Kanuri|krc=Karachay-Balkar|kri=Krio|ks=Kashmiri|ksh=Colognian|"
        "ku=Kurdish|kv=Komi|kw=Cornish|ky=Kyrgyz|la=Latin|lad=Ladino|lb=Luxembourgish|"
        "lez=Lezghian|lfn=Lingua Franca Nova|lg=Ganda|li=Limburgish|lij=Ligurian|lmo=Lombard|"
        "ln=Lingala|lo=Lao|lt=Lithuanian|lus=Mizo|lv=Latvian|mad=Madurese|mag=Magahi|"
        "mai=Maithili|mdf=Moksha|mg=Malagasy|mhr=Eastern Mari|mi=Māori|min=Minangkabau|"
        "mk=Macedonian|ml=Malayalam|mn=Mongolian|mni=Manipuri|mnw=Mon|mos=Mossi|mr=Marathi|"
        "mrj=Western Mari|ms=Malay|mt=Maltese|mwl=Mirandese|my=Burmese|myv=Erzya|"
        "mzn=Mazanderani|nan=Min Nan Chinese|nap=Neapolitan|nb=Norwegian Bokmål|"
        "nds=Low German|ne=Nepali|nia=Nias|nl=Dutch|nn=Norwegian Nynorsk|no=Norwegian|"
        "nqo=N’Ko|nso=Northern Sotho|nst=Tase Naga|nus=Nuer|ny=Nyanja|nyn=Nyankole|"
        "oc=Occitan|olo=Livvi|om=Oromo|or=Odia|os=Ossetic|ota=Ottoman Turkish|pa=Punjabi|"
        "pam=Pampanga|pap=Papiamento|pcd=Picard|pcm=Nigerian Pidgin|pl=Polish|"
        "pms=Piedmontese|pnb=Western Panjabi|ps=Pashto|pt=Portuguese|pwn=Paiwan|qu=Quechua|"
        "quc=Kʼicheʼ|rm=Romansh|rn=Rundi|ro=Romanian|rom=Romany|ru=Russian|rue=Rusyn|"
        "rw=Kinyarwanda|sa=Sanskrit|sah=Yakut|sat=Santali|sc=Sardinian|scn=Sicilian|"
        "sco=Scots|sd=Sindhi|se=Northern Sami|sg=Sango|sgs=Samogitian|shi=Tachelhit|shn=Shan|"
        "si=Sinhala|sk=Slovak|skr=Saraiki|sl=Slovenian|sm=Samoan|smn=Inari Sami|sn=Shona|"
        "so=Somali|sq=Albanian|sr=Serbian|srn=Sranan Tongo|ss=Swati|st=Southern Sotho|"
        "su=Sundanese|sv=Swedish|sw=Swahili|swg=Swabian|szl=Silesian|szy=Sakizaya|ta=Tamil|"
        "tay=Atayal|tcy=Tulu|te=Telugu|tet=Tetum|tg=Tajik|th=Thai|ti=Tigrinya|tk=Turkmen|"
        "tl=Tagalog|tn=Tswana|to=Tongan|tpi=Tok Pisin|tr=Turkish|ts=Tsonga|tt=Tatar|"
        "tum=Tumbuka|ty=Tahitian|tyv=Tuvinian|udm=Udmurt|ug=Uyghur|uk=Ukrainian|umb=Umbundu|"
        "ur=Urdu|uz=Uzbek|ve=Venda|vec=Venetian|vep=Veps|vi=Vietnamese|vo=Volapük|vro=Võro|"
        "wa=Walloon|war=Waray|wo=Wolof|wuu=Wu Chinese|xal=Kalmyk|xh=Xhosa|xmf=Mingrelian|"
        "yi=Yiddish|yo=Yoruba|yue=Cantonese|zgh=Standard Moroccan Tamazight|zh=Chinese|"
        "zu=Zulu|zza=Zaza"
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
# CLDR's names of the scripts that the languages above are written in.
_ALONE = dict(
    entry.split("=")
    for entry in (
        "Arab=Arabic|Armn=Armenian|Beng=Bangla|Cyrl=Cyrillic|Deva=Devanagari|Ethi=Ethiopic|"
        "Geor=Georgian|Grek=Greek|Gujr=Gujarati|Guru=Gurmukhi|Hans=Simplified Han|"
        "Hant=Traditional Han|Hebr=Hebrew|Jpan=Japanese|Khmr=Khmer|Knda=Kannada|Kore=Korean|"
        "Laoo=Lao|Latn=Latin|Mlym=Malayalam|Mymr=Myanmar|Nkoo=N’Ko|Olck=Ol Chiki|Orya=Odia|"
        "Sinh=Sinhala|Taml=Tamil|Telu=Telugu|Tfng=Tifinagh|Thaa=Thaana|Thai=Thai|Tibt=Tibetan"
    ).split("|")
)


def language_name(tag: str) -> str:
    """Return the English name of a BCP-47 tag, such as "Chinese (Simplified)" for "zh-Hans"."""
    if tag == UNDETERMINED or not tag:
        return "Unknown language"
    base, *rest = tag.split("-")
    name = _LANGUAGES.get(base.lower())
    if name is None:
        return tag
    detail = ", ".join(_SCRIPTS.get(part, part) for part in rest)
    return f"{name} ({detail})" if detail else name


def tag_attribute(tag: str) -> str:
    """Return a tag as the value of an attribute `lang`; "" where the language is unknown."""
    return "" if tag == UNDETERMINED else attribute(tag)


def script_name(code: str) -> str:
    """Return the English name of an ISO 15924 code, such as "Cyrillic" for "Cyrl"."""
    return _ALONE.get(code, code)
