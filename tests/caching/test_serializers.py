import pytest

from caching.serializers import BytesSerializer


class BytesSerializerTests:
    def test_passes_bytes_as_they_are(self) -> None:
        serializer = BytesSerializer({})
        assert serializer.loads(serializer.dumps(b"\x80\x04K\x05.")) == b"\x80\x04K\x05."

    def test_refuses_anything_else(self) -> None:
        with pytest.raises(TypeError, match="holds the bytes of the cache only, not int"):
            BytesSerializer({}).dumps(5)
