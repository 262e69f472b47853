import pytest

from scheduling.imports.engine.encodings import decode, encoding_of
from scheduling.imports.engine.problems import FileError


class DecodeTests:
    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "utf-16-le", "utf-16-be"])
    def test_unicode_is_seen_without_a_word(self, encoding: str) -> None:
        text, notes = decode("name,town\nZoë,Łódź\n".encode(encoding))
        assert text == "name,town\nZoë,Łódź\n"
        # Without a mark, UTF-16 is a guess.
        assert len(notes) == (encoding[-2:] in ("le", "be"))

    def test_a_guess_is_named_with_words_to_judge_it_by(self) -> None:
        text, (note,) = decode("name\nJürgen Größe\n".encode("mac_roman"))
        assert text == "name\nJŸrgen Grš§e\n"
        assert "Windows-1252 (cp1252)" in note
        assert "as mac_roman they are 'Jürgen' and 'Größe'" in note

    @pytest.mark.parametrize(
        ("word", "encoding"), [("Jürgen", ""), ("Größe", ""), ("Żubr", ""), ("it’s", ""), ("Größe", "cp1252")]
    )
    def test_a_text_that_was_encoded_twice_is_named(self, word: str, encoding: str) -> None:
        data = f"name\nAmy,{word},x\n".encode()
        data = data if encoding else data.decode("cp1252").encode()
        text, (note,) = decode(data, encoding)
        assert f"'{word.encode().decode('cp1252')}' looks like '{word}'" in note
        assert word not in text

    @pytest.mark.parametrize("text", ["Große Größe", "„Ä“ und „Ö“", "SÃO PAULO", "Â", "ŁÓDŹ", "l’été", "Ãlvaro, Å"])
    def test_sound_texts_are_not(self, text: str) -> None:
        assert decode(text.encode()) == (text, [])

    def test_what_the_user_says_is_believed(self) -> None:
        assert decode("Größe".encode("mac_roman"), "mac_roman") == ("Größe", [])
        assert decode("Łódź".encode("cp1250"), " CP1250 ") == ("Łódź", [])
        assert decode("Łódź".encode("utf-16"), "utf-16") == ("Łódź", [])

    @pytest.mark.parametrize(
        ("data", "encoding", "reason"),
        [
            (
                b'name\n\xc3\xbc\n"a\nb"\nCaf\xc3\n',
                "",
                "Row 4 is damaged: the file is in UTF-8, but the byte 0xc3 is not",
            ),
            (b"name\r\x81\r", "", "Row 2 has the byte 0x81, so the text is not in UTF-8, Windows-1252"),
            (b"name\n\xff\n", "ascii", "Row 2 has the byte 0xff, so the text is not in ascii"),
            (b"\xff\xfea", "", "is not in utf-16"),
            (b"", "klingon", "There is no encoding 'klingon'. Say 'utf-8', 'cp1252'"),
            (b"", "idna", "There is no encoding 'idna'"),
            (b"", "base64", "There is no encoding 'base64'"),
            (b"", "a" * 9_999, "There is no encoding 'a"),
        ],
    )
    def test_what_cannot_be_read_is_refused(self, data: bytes, encoding: str, reason: str) -> None:
        with pytest.raises(FileError, match=reason.replace("(", r"\(")):
            decode(data, encoding)


class EncodingOfTests:
    @pytest.mark.parametrize(
        ("data", "encoding"),
        [
            (b"name", "utf-8"),
            ("Größe".encode(), "utf-8"),
            ("Größe".encode("utf-8-sig"), "utf-8-sig"),
            ("Größe,a,b,c,d".encode("utf-16-le"), "utf-16-le"),
            ("Größe".encode("cp1252"), "cp1252"),
        ],
    )
    def test_is_that_in_which_the_file_is_read(self, data: bytes, encoding: str) -> None:
        assert encoding_of(data) == encoding
        assert decode(data)[0] == data.decode(encoding)
