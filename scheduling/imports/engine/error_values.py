"""What spreadsheets show in place of a value that they cannot compute, in the languages of Excel and of LibreOffice.

A list and not a pattern: "#URGENT!" is a note that people write.
"""

import re

from django.utils.translation import gettext as _

_OF_LANGUAGES = {
    "any": (
        "#N/A #REF! #VALUE! #DIV/0! #NAME? #NUM! #NULL! #SPILL! #CALC! #FIELD! #BLOCKED! #UNKNOWN! #CONNECT! #BUSY! "
        "#EXTERNAL! #TIMEOUT! #PYTHON! #GETTING_DATA #ERROR!"
    ),
    "cs": "#HODNOTA! #NÁZEV? #ČÍSLO! #ODKAZ! #DĚLENÍ_NULOU! #NENÍ_K_DISPOZICI #PŘESAH!",
    "da": "#NUL! #VÆRDI! #REFERENCE! #NAVN? #I/T #OVERLØB! #DIVISION/0!",
    "de": (
        "#NV #BEZUG! #WERT! #ZAHL! #ÜBERLAUF! #KALK! #FELD! #BLOCKIERT! #UNBEKANNT! #VERBINDEN! #DATEN_ABRUFEN "
        "#FEHLER! #AUSGELASTET!"
    ),
    "es": (
        "#N/D #NULO! #VALOR! #NOMBRE? #DESBORDAMIENTO! #CAMPO! #BLOQUEADO! #DESCONOCIDO! #CONECTAR! #OCUPADO! "
        "#OBTENIENDO_DATOS #NÚM!"
    ),
    "fi": "#TYHJÄ! #JAKO/0! #ARVO! #VIITTAUS! #NIMI? #LUKU! #PUUTTUU! #PUUTTUU",
    "fr": (
        "#NUL! #VALEUR! #NOM? #NOMBRE! #PROPAGATION! #EPARS! #ÉPARS! #CALCUL! #CHAMP! #BLOQUE! #BLOQUÉ! #INCONNU! "
        "#CONNEXION! #OCCUPE! #OCCUPÉ! #OBTENTION_DONNEES #CHARGEMENT_DONNEES #ERREUR!"
    ),
    "hu": "#NULLA! #ZÉRÓOSZTÓ! #ÉRTÉK! #HIV! #NÉV? #SZÁM! #HIÁNYZIK #KIBONTÁS!",
    "it": (
        "#NULLO! #VALORE! #RIF! #NOME? #ESPANSIONE! #CAMPO! #BLOCCATO! #SCONOSCIUTO! #CONNETTI! #OCCUPATO! "
        "#ERRORE! #N.D."
    ),
    "nb": "#VERDI! #NAVN? #I/T #OVERFLYT!",
    "nl": (
        "#LEEG! #DEEL/0! #WAARDE! #VERW! #NAAM? #GETAL! #N/B #OVERLOOP! #BEREKENEN! #VELD! #GEBLOKKEERD! #ONBEKEND! "
        "#FOUT!"
    ),
    "pl": (
        "#ZERO! #DZIEL/0! #ARG! #ADR! #NAZWA? #LICZBA! #N/D! #ROZLANIE! #ROZLANY! #OBL! #POLE! #ZABLOKOWANE! "
        "#NIEZNANE! #BŁĄD!"
    ),
    "pt": "#NULO! #VALOR! #NOME? #NÚM! #N/D #N/DISP #DESPEJAR! #DERRAMAR! #CÁLC! #DESCONHECIDO! #ERRO!",
    "ru": "#ПУСТО! #ДЕЛ/0! #ЗНАЧ! #ССЫЛКА! #ИМЯ? #ЧИСЛО! #Н/Д #ПЕРЕНОС! #ВЫЧИСЛ!",
    "sv": "#SKÄRNING! #DIVISION/0! #VÄRDEFEL! #REFERENS! #NAMN? #OGILTIGT! #SAKNAS! #SAKNAS",
    "tr": "#BOŞ! #SAYI/0! #DEĞER! #BAŞV! #AD? #SAYI! #YOK #TAŞMA!",
}
_ERRORS = frozenset(error for errors in _OF_LANGUAGES.values() for error in errors.split())
# A column that is too narrow, and the errors that LibreOffice numbers: Err:502, Fehler:502.
_NUMBERED = re.compile(r"#{3,}|(?:Err|Fehler|Erreur|Errore|Error|Erro|Fout|Błąd|Fel)\.? ?: ?[5-9]\d\d", re.ASCII)
_BEGINNINGS = ("#", "E", "F", "B")
_MAX_LENGTH = 300


def is_error(cell: object) -> bool:
    """Whether a cell is the text that a spreadsheet shows in place of a value it cannot compute."""
    if not isinstance(cell, str) or not cell.lstrip().startswith(_BEGINNINGS) or len(cell) > _MAX_LENGTH:
        return False
    said = cell.strip().replace("\xa0", " ")
    # Spanish has a mark at the beginning, too: #¡REF! and #¿NOMBRE?
    return said.replace("#¡", "#").replace("#¿", "#") in _ERRORS or _NUMBERED.fullmatch(said) is not None


def refuse_error(cell: object) -> None:
    """Raise ValueError for a cell, or for a name of a list in a cell, that is such a text."""
    if is_error(cell):
        raise ValueError(_("The spreadsheet could not compute this. Write the value itself."))
