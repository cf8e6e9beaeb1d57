"""The smoke test with Debian's python3-redis. Argument: the port."""
import sys, time

import redis

from checks import Checks

port = int(sys.argv[1])
checks = Checks(f"python3-redis {redis.__version__}")
client = redis.Redis(host="127.0.0.1", port=port, client_name="smoke", socket_timeout=10)
text = redis.Redis(host="127.0.0.1", port=port, decode_responses=True, socket_timeout=10)
client.flushall()

checks.equal("PING", client.ping(), True)
checks.equal("CLIENT GETNAME", client.client_getname(), "smoke")
checks.equal("SET", client.set("key", "value", ex=100), True)
checks.equal("GET", client.get("key"), b"value")
checks.equal("GET decoded", text.get("key"), "value")
checks.equal("GET of nothing", client.get("nothing"), None)
checks.equal("SET NX over a value", client.set("key", "x", nx=True), None)
checks.equal("SET GET", client.set("key", "new", keepttl=True, get=True), b"value")
checks.holds("TTL", client.ttl("key") in (99, 100))
binary = bytes(range(256)) * 10
client.set("binary", binary)
checks.equal("bytes", client.get("binary"), binary)
client.set("long", b"y" * 5_000_000)
checks.equal("a long value", client.get("long"), b"y" * 5_000_000)
checks.equal("MSET", client.mset({"a": 1, "b": 2.5}), True)
checks.equal("MGET", client.mget("a", "nothing", "b"), [b"1", None, b"2.5"])
checks.equal("INCR", [client.incr("a"), client.decr("a", 5), client.incrbyfloat("b", 0.25)], [2, -3, 2.75])
checks.equal("SETRANGE and GETRANGE", [client.setrange("s", 3, "abc"), client.getrange("s", 0, -1)], [6, b"\0\0\0abc"])
checks.equal("LCS", client.lcs("key", "key") if hasattr(client, "lcs") else client.execute_command("LCS", "key", "key"), b"new")
checks.equal("GETDEL", [client.getdel("s"), client.exists("s")], [b"\0\0\0abc", 0])

with client.pipeline(transaction=False) as pipe:
    for i in range(3000):
        pipe.set(f"p{i}", i)
    checks.equal("a pipeline", pipe.execute(), [True] * 3000)
with client.pipeline(transaction=True) as pipe:
    checks.equal("MULTI", pipe.set("t", 1).incr("t").get("t").execute(), [True, 2, b"2"])
with client.pipeline() as pipe:
    pipe.watch("t")
    text.set("t", "changed")
    pipe.multi()
    pipe.set("t", "lost")
    checks.fails("WATCH", pipe.execute, redis.WatchError, "Watched variable changed")
checks.fails("an error inside EXEC", lambda: client.pipeline().set("t", "x").incr("t").execute(), redis.ResponseError, "not an integer")

client.psetex("fleeting", 40, "v")
checks.holds("PTTL", 0 < client.pttl("fleeting") <= 40)
time.sleep(0.08)
checks.equal("an expired key", client.get("fleeting"), None)
checks.equal("EXPIRE and PERSIST", [client.expire("a", 50), client.persist("a"), client.ttl("a")], [True, True, -1])

checks.equal("SCAN", len(set(client.scan_iter(match="p*", count=37))), 3000)
checks.equal("SCAN by type", list(client.scan_iter(match="key", _type="string")), [b"key"])
checks.equal("KEYS", sorted(client.keys("p299?")), [b"p299%d" % i for i in range(10)])
checks.holds("RANDOMKEY", client.exists(client.randomkey()) == 1)
checks.equal("RENAME", [client.rename("a", "z"), client.exists("a"), client.get("z")], [True, 0, b"-3"])
checks.equal("COPY", [client.copy("z", "y"), client.copy("z", "y"), client.type("y")], [True, False, b"string"])
checks.equal("UNLINK", client.unlink("y", "z", "nothing"), 2)
checks.fails("RENAME of nothing", lambda: client.rename("nothing", "b"), redis.ResponseError, "no such key")

listener = client.pubsub(ignore_subscribe_messages=False)
listener.subscribe("channel")
listener.psubscribe("chan*")
arrived = []
for _ in range(2):
    arrived.append(listener.get_message(timeout=5)["type"])
checks.equal("PUBLISH", client.publish("channel", "hello"), 2)
for _ in range(2):
    message = listener.get_message(timeout=5)
    arrived.append((message["type"], message["channel"], message["data"]))
checks.equal("messages", arrived, ["subscribe", "psubscribe", ("message", b"channel", b"hello"), ("pmessage", b"channel", b"hello")])
checks.equal("PUBSUB NUMSUB", client.pubsub_numsub("channel"), [(b"channel", 1)])
listener.close()

checks.equal("CONFIG SET and GET", [client.config_set("hz", 20), client.config_get("hz"), client.config_set("hz", 10)], [True, {"hz": "20"}, True])
checks.holds("CONFIG GET *", len(client.config_get("*")) > 150)
checks.fails("CONFIG SET of an unknown directive", lambda: client.config_set("nosuch", 1), redis.ResponseError, "Unknown option")
info = client.info()
checks.holds("INFO", info["redis_version"][0].isdigit() and info["connected_clients"] >= 2 and info["db0"]["keys"] == client.dbsize())
checks.equal("CLIENT LIST", {c["name"] for c in client.client_list() if c["name"]}, {"smoke"})
checks.holds("CLIENT ID", client.client_id() > 0)
checks.holds("COMMAND", client.command()["get"]["arity"] == 2 and client.command_count() > 50)
checks.equal("COMMAND GETKEYS", client.command_getkeys("MSET", "a", "1", "b", "2"), ["a", "b"])
checks.holds("TIME", abs(client.time()[0] - time.time()) < 5)
checks.holds("SLOWLOG", client.slowlog_reset() and isinstance(client.slowlog_get(), list))
checks.holds("MEMORY USAGE", client.memory_usage("binary") > 2560)
checks.equal("OBJECT ENCODING", client.object("ENCODING", "key"), b"embstr")
checks.fails("an unknown command", lambda: client.execute_command("NOSUCH", "a"), redis.ResponseError, "unknown command 'NOSUCH', with args beginning with: 'a'")
checks.fails("too few arguments", lambda: client.execute_command("GET"), redis.ResponseError, "wrong number of arguments for 'get' command")

other = redis.Redis(host="127.0.0.1", port=port, db=3)
other.set("elsewhere", 1)
checks.equal("databases", [client.exists("elsewhere"), other.dbsize(), other.flushdb(), client.swapdb(0, 3), other.exists("key"), client.swapdb(0, 3)], [0, 1, True, True, 1, True])
with client.monitor() as monitor:
    text.echo("seen")
    checks.equal("MONITOR", next(line["command"] for line in monitor.listen() if "seen" in line["command"]), "ECHO seen")
client.config_set("requirepass", "secret")
try:
    checks.fails("a client without the password", redis.Redis(host="127.0.0.1", port=port).ping, redis.AuthenticationError, "Authentication required")
    checks.fails("a wrong password", redis.Redis(host="127.0.0.1", port=port, password="x").ping, redis.ResponseError, "invalid username-password pair")
    checks.equal("the right password", redis.Redis(host="127.0.0.1", port=port, password="secret").ping(), True)
finally:
    checks.equal("no password again", client.config_set("requirepass", ""), True)
checks.end()
