"""The Universal Declaration of Human Rights by language, in pieces: texts whose language is known from a file's name.

Read from ``udhr.zip`` as NLTK publishes it: ``udhr/LANGUAGE-ENCODING``. Of its files those in languages and scripts that
langdetect knows (all but Malayalam, Telugu, Thai, Urdu and Gurmukhi, which are not in it), one a text.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path

from llm_assets.errors import DataError

PIECE_CHARACTERS = 200

FILES = {
    "Afrikaans-Latin1": "af",
    "Arabic_Alarabia-Arabic": "ar",
    "Bulgarian_Balgarski-UTF8": "bg",
    "Bengali-UTF8": "bn",
    "Catalan-Latin1": "ca",
    "Czech-UTF8": "cs",
    "Welsh_Cymraeg-Latin1": "cy",
    "Danish_Dansk-Latin1": "da",
    "German_Deutsch-Latin1": "de",
    "Greek_Ellinika-UTF8": "el",
    "English-Latin1": "en",
    "Spanish-Latin1": "es",
    "Estonian_Eesti-Latin1": "et",
    "Farsi_Persian-UTF8": "fa",
    "Farsi_Persian-v2-UTF8": "fa",
    "Finnish_Suomi-Latin1": "fi",
    "French_Francais-Latin1": "fr",
    "Gujarati-UTF8": "gu",
    "Hebrew_Ivrit-UTF8": "he",
    "Hindi-UTF8": "hi",
    "Hindi_web-UTF8": "hi",
    "Croatian_Hrvatski-Latin2": "hr",
    "Hungarian_Magyar-UTF8": "hu",
    "Indonesian-Latin1": "id",
    "Italian-Latin1": "it",
    "Japanese_Nihongo-UTF8": "ja",
    "Kannada-UTF8": "kn",
    "Korean_Hankuko-UTF8": "ko",
    "Lithuanian_Lietuviskai-Baltic": "lt",
    "Latvian-Latin1": "lv",
    "Macedonian-UTF8": "mk",
    "Marathi-UTF8": "mr",
    "Nepali-UTF8": "ne",
    "Dutch_Nederlands-Latin1": "nl",
    "Norwegian_Norsk-Bokmal-Latin1": "no",
    "Polish-Latin2": "pl",
    "Portuguese_Portugues-Latin1": "pt",
    "Romanian-Latin2": "ro",
    "Russian-UTF8": "ru",
    "Slovak-Latin2": "sk",
    "Slovenian_Slovenscina-Latin2": "sl",
    "Somali-Latin1": "so",
    "Albanian_Shqip-Latin1": "sq",
    "Swedish_Svenska-Latin1": "sv",
    "Swahili_Kiswahili-Latin1": "sw",
    "Tamil-UTF8": "ta",
    "Filipino_Tagalog-Latin1": "tl",
    "Turkish_Turkce-UTF8": "tr",
    "Ukrainian-UTF8": "uk",
    "Vietnamese-UTF8": "vi",
    "Vietnamese-ALRN-UTF8": "vi",
    "Chinese_Mandarin-GB2312": "zh",
    "Chinese_Mandarin-UTF8": "zh",
}
"""Files, each with the ISO 639-1 code of its language."""

ENCODINGS = {"Latin1": "cp1252", "Latin2": "cp1250", "Arabic": "cp1256", "Baltic": "iso8859-4", "GB2312": "gb2312", "UTF8": "utf-8"}
"""What the encodings in the names mean: those named Latin were written on Windows."""


def read_pieces(path: Path, files: dict[str, str] = FILES, characters: int = PIECE_CHARACTERS) -> Iterator[tuple[str, str]]:
    """Pieces of so many characters, each with its language. DataError where ``path`` is another archive."""
    with zipfile.ZipFile(path) as archive:
        for name, language in files.items():
            try:
                # Files are cut at a byte, so that the last character may be half a one.
                text = archive.read(f"udhr/{name}").decode(ENCODINGS[name.rpartition("-")[2]], "replace")
            except KeyError:
                raise DataError(f"there is no udhr/{name} in it", path) from None
            for start in range(0, len(text) - characters + 1, characters):
                yield text[start : start + characters], language
