"""What is taken for a server that cannot be reached, or that refuses."""

import pytest
from django_redis.exceptions import ConnectionInterrupted
from redis import Redis
from redis.exceptions import ConnectionError, RedisError

from caching.stores.redis.faults import ALIAS_FAULTS, FAULTS
from tests.valkey import Valkey


class FaultsTests:
    def test_include_what_a_server_that_is_gone_makes_the_client_raise(self, shared_valkey: Valkey) -> None:
        client = shared_valkey.client()
        client.ping()
        shared_valkey.stop()
        try:
            with pytest.raises(FAULTS):
                client.ping()
        finally:
            shared_valkey.start()

    def test_include_a_command_that_the_server_refuses(self, shared_valkey: Valkey) -> None:
        with pytest.raises(FAULTS):
            shared_valkey.client().execute_command("NO-SUCH-COMMAND")

    def test_include_a_host_that_does_not_exist(self) -> None:
        with pytest.raises(FAULTS):
            Redis(host="host.invalid", retry=None).ping()

    @pytest.mark.parametrize("error", [LookupError(), TypeError(), ValueError()], ids=repr)
    def test_leave_out_the_faults_of_the_program(self, error: Exception) -> None:
        assert not isinstance(error, ALIAS_FAULTS)


class AliasFaultsTests:
    def test_include_what_django_redis_raises_and_the_client_does_not(self) -> None:
        error = ConnectionInterrupted(connection=None)
        assert isinstance(error, ALIAS_FAULTS)
        assert not isinstance(error, RedisError)

    def test_include_those_of_the_client(self) -> None:
        assert isinstance(ConnectionError(), ALIAS_FAULTS)
