"""What is measured, in the order of the report: one declaration per row. Limits are ratios to Valkey in the same run, unless
a kind says otherwise. Rows that share their data and follow each other share their servers too."""

from .events import ExpiredRow
from .kinds import CpuRow, Data, DelayRow, IdleRow, MemoryRow, StartRow, ThroughputRow
from .saving import LoadRow, SaveRow

SET = "SET key:__rand_int__ __data__"
GET = "GET key:__rand_int__"
INCR = "INCR counter:__rand_int__"
MGET = "MGET" + " key:__rand_int__" * 10
MSET = "MSET" + " key:__rand_int__ __data__" * 10

MILLION = 1_000_000
SMALL = Data(MILLION, 64)
LARGE = Data(MILLION, 1024)
MANY = Data(10 * MILLION, 64)
COUNTERS = Data(MILLION, 3, INCR)
LIST = Data(MILLION, 16, "RPUSH list __data__", held=1)
MUCH = Data(200_000, 16, "RPUSH list" + " __data__" * 100, held=1)  # more than a round can pop
ADDED = Data(1, 16, "XADD stream * field __data__", held=1)
STREAM = Data(MILLION, 16, "XADD stream 1-* field __data__", held=1, then=("XGROUP CREATE stream group 0", "XREADGROUP GROUP group consumer STREAMS stream >"))
PENDING = Data(MILLION, 16, "XCLAIM stream group consumer 0 1-__rand_int__ FORCE JUSTID")
SORTED = Data(MILLION, 3, "ZADD sorted __rand_int__ member:__rand_1st__", held=1)
MANY_SORTED = Data(1_500_000, 3, "ZADD sorted __rand_int__ a:__rand_1st__ __rand_2nd__ b:__rand_3rd__ __rand_4th__ c:__rand_5th__ "
                   "__rand_6th__ d:__rand_7th__", held=1)  # more than a round can pop
TWO_SORTED = Data(10_000, 3, "ZADD sorted:1 __rand_int__ member:__rand_1st__ ; ZADD sorted:2 __rand_2nd__ member:__rand_3rd__", held=2)

FIELDS = "".join(f" field:{number} __data__" for number in range(10))
BIG_HASH = Data(MILLION, 16, "HSET hash field:__rand_int__ __data__", held=1)
SMALL_HASHES = Data(200_000, 12, "HSET hash:__rand_int__" + FIELDS)
VOLATILE_HASHES = Data(200_000, 12, "HSETEX hash:__rand_int__ EX 100000 FIELDS 10" + FIELDS)

MEMBER = "SADD set member:__rand_int__"
BIG_SET = Data(MILLION, 3, MEMBER, held=1)
# Members come and go by chance among twice as many, so that about a million are there.
CHANGING_SET = Data(2 * MILLION, 3, MEMBER, held=1)
TWO_SETS = Data(10_000, 3, "SADD first member:__rand_int__", held=2,
                also=(Data(5_000, 3, "SADD second member:__rand_int__"), Data(5_000, 3, "SADD second other:__rand_int__")))

BITMAPS = Data(30, 1 << 20)
THREE_KEYS = "".join(f" key:{number:012}" for number in range(3))
# Of more than a thousand elements each, so that they are dense.
HYPERLOGLOGS = Data(30, 3, "PFADD key:__rand_int__" + "".join(f" {number}:__rand_int__" for number in range(3000)))
# A grid of 100 parallels with 1000 places each: 0.7 km apart to the east, 5.6 km to the north.
PLACES = Data(1000, 3, "GEOADD places __rand_int__e-2 45.0 0:__rand_int__", held=1, also=tuple(
    Data(1000, 3, f"GEOADD places __rand_int__e-2 {45 + row / 20:.2f} {row}:__rand_int__") for row in range(1, 100)))

FEW = Data(10_000, 64)
FIVE = "MULTI" + f" ; {SET} ; {GET}" * 2 + f" ; {SET} ; EXEC"
WATCHED = "WATCH key:__rand_1st__ ; GET key:__rand_1st__ ; MULTI ; SET key:__rand_1st__ __data__ ; EXEC"

# Rewrites would come at different times.
AOF = ("--appendonly", "yes", "--auto-aof-rewrite-percentage", "0", "--appendfsync")

ROWS = [
    CpuRow("ping-p1", "PING, unpipelined", SMALL, "PING", 1, total=1.0, user=0.7),
    CpuRow("set-p1", "SET 64 B, 1 M keys, unpipelined", SMALL, SET, 1, total=1.0, user=0.7),
    CpuRow("get-p1", "GET 64 B, 1 M keys, unpipelined", SMALL, GET, 1, total=1.0, user=0.7),
    CpuRow("set-p16", "SET 64 B, 1 M keys, pipeline 16", SMALL, SET, 16, total=0.7, user=0.45),
    CpuRow("set-p64", "SET 64 B, 1 M keys, pipeline 64", SMALL, SET, 64, total=0.5, user=0.45),
    CpuRow("get-p16", "GET 64 B, 1 M keys, pipeline 16", SMALL, GET, 16, total=0.8, user=0.5),
    CpuRow("get-p64", "GET 64 B, 1 M keys, pipeline 64", SMALL, GET, 64, total=0.6, user=0.5),
    CpuRow("mget-p16", "MGET of 10 keys, 1 M keys, pipeline 16", SMALL, MGET, 16, total=0.5, user=0.45),
    CpuRow("mset-p16", "MSET of 10 keys, 1 M keys, pipeline 16", SMALL, MSET, 16, total=0.5, user=0.45),
    CpuRow("set-10m-p16", "SET 64 B, 10 M keys, pipeline 16", MANY, SET, 16, total=0.75, user=0.5),
    CpuRow("get-10m-p16", "GET 64 B, 10 M keys, pipeline 16", MANY, GET, 16, total=0.75, user=0.5),
    CpuRow("set-1k-p16", "SET 1 KB, 1 M keys, pipeline 16", LARGE, SET, 16, total=0.85, user=0.7),
    CpuRow("get-1k-p16", "GET 1 KB, 1 M keys, pipeline 16", LARGE, GET, 16, total=0.85, user=0.7),
    CpuRow("incr-p16", "INCR, 1 M keys, pipeline 16", COUNTERS, INCR, 16, total=0.8, user=0.6),

    CpuRow("set-aof-p16", "SET 64 B, 1 M keys, AOF everysec, pipeline 16", SMALL, SET, 16, total=0.75, options=(*AOF, "everysec")),

    CpuRow("lpush-p16", "LPUSH 16 B, list of 1 M, pipeline 16", LIST, "LPUSH list __data__", 16, total=0.8),
    CpuRow("rpush-p16", "RPUSH 16 B, list of 1 M, pipeline 16", LIST, "RPUSH list __data__", 16, total=0.8),
    CpuRow("lrange-p16", "LRANGE of 100, list of 1 M, pipeline 16", LIST, "LRANGE list 0 99", 16, total=0.6),
    CpuRow("lpop-p16", "LPOP 16 B, pipeline 16", LIST, "LPOP list", 16, total=0.8, refill=MUCH, left="LLEN list"),
    CpuRow("rpop-p16", "RPOP 16 B, pipeline 16", LIST, "RPOP list", 16, total=0.8, refill=MUCH, left="LLEN list"),
    CpuRow("hset-p16", "HSET of one field of ten, 200 k hashes, pipeline 16", SMALL_HASHES, "HSET hash:__rand_int__ field:5 __data__", 16, total=0.75),
    CpuRow("hget-p16", "HGET of one field of ten, 200 k hashes, pipeline 16", SMALL_HASHES, "HGET hash:__rand_int__ field:5", 16, total=0.75),
    CpuRow("hgetall-p16", "HGETALL of ten fields, 200 k hashes, pipeline 16", SMALL_HASHES, "HGETALL hash:__rand_int__", 16, total=0.75),
    CpuRow("hset-big-p16", "HSET into a hash of 1 M fields, pipeline 16", BIG_HASH, "HSET hash field:__rand_int__ __data__", 16, total=0.75),
    CpuRow("hget-big-p16", "HGET from a hash of 1 M fields, pipeline 16", BIG_HASH, "HGET hash field:__rand_int__", 16, total=0.75),
    CpuRow("sadd-p16", "SADD and SREM, set of 1 M, pipeline 16", CHANGING_SET,
           "SADD set member:__rand_1st__ ; SREM set member:__rand_2nd__", 16, total=0.75),
    CpuRow("spop-p16", "SPOP and two SADD, set of 1 M, pipeline 16", CHANGING_SET,
           "SPOP set ; SADD set member:__rand_1st__ ; SADD set member:__rand_2nd__", 16, total=0.75),
    CpuRow("sismember-p16", "SISMEMBER, set of 1 M, pipeline 16", BIG_SET, "SISMEMBER set member:__rand_int__", 16, total=0.75),
    CpuRow("sinter-p16", "SINTER of two sets of 10,000, half of them in both, pipeline 16", TWO_SETS, "SINTER first second", 16, total=0.6),
    CpuRow("sunion-p16", "SUNION of two sets of 10,000, half of them in both, pipeline 16", TWO_SETS, "SUNION first second", 16, total=0.6),

    CpuRow("zincrby-p16", "ZINCRBY, sorted set of 1 M, pipeline 16", SORTED, "ZINCRBY sorted 1 member:__rand_int__", 16, total=0.6),
    CpuRow("zadd-p16", "ZADD, sorted set of 1 M, pipeline 16", SORTED, SORTED.command, 16, total=0.5),
    CpuRow("zrange-p16", "ZRANGE BYSCORE LIMIT 100, sorted set of 1 M, pipeline 16", SORTED,
           "ZRANGE sorted __rand_int__ +inf BYSCORE LIMIT 0 100", 16, total=0.6),
    CpuRow("zrank-p16", "ZRANK, sorted set of 1 M, pipeline 16", SORTED, "ZRANK sorted member:__rand_int__", 16, total=0.6),
    CpuRow("zpopmin-p16", "ZPOPMIN, pipeline 16", SORTED, "ZPOPMIN sorted", 16, total=0.6, refill=MANY_SORTED, left="ZCARD sorted"),
    CpuRow("zunionstore-p16", "ZUNIONSTORE of two of 10,000, pipeline 16", TWO_SORTED, "ZUNIONSTORE sorted:3 2 sorted:1 sorted:2", 16,
           total=0.6),

    CpuRow("bitcount-p16", "BITCOUNT of 1 MB, pipeline 16", BITMAPS, "BITCOUNT key:000000000000", 16, total=0.75),
    CpuRow("bitcount-many-p16", "BITCOUNT of 1 MB, 30 values, pipeline 16", BITMAPS, "BITCOUNT key:__rand_int__", 16),
    CpuRow("bitop-p16", "BITOP over three values of 1 MB, pipeline 16", BITMAPS, "BITOP AND target" + THREE_KEYS, 16, total=0.75),
    CpuRow("pfadd-p16", "PFADD to 30 dense HyperLogLogs, pipeline 16", HYPERLOGLOGS, "PFADD key:__rand_int__ __rand_1st__", 16, total=0.75),
    CpuRow("pfcount-p16", "PFCOUNT of three dense HyperLogLogs, pipeline 16", HYPERLOGLOGS, "PFCOUNT" + THREE_KEYS, 16, total=0.75),
    CpuRow("pfmerge-p16", "PFMERGE of three dense HyperLogLogs, pipeline 16", HYPERLOGLOGS, "PFMERGE target" + THREE_KEYS, 16, total=0.75),
    CpuRow("geosearch-p16", "GEOSEARCH of 50 km among 100,000 places, pipeline 16", PLACES,
           "GEOSEARCH places FROMLONLAT 5 47.5 BYRADIUS 50 km", 16, total=0.6),

    CpuRow("xadd-p16", "XADD MAXLEN ~ 1000, 16 B, pipeline 16", ADDED, "XADD stream MAXLEN ~ 1000 * field __data__", 16, total=0.75),
    CpuRow("xread-p16", "XREAD COUNT 10, stream of 1 M, pipeline 16", STREAM, "XREAD COUNT 10 STREAMS stream 1-500000", 16, total=0.75),
    CpuRow("xreadgroup-p16", "XREADGROUP COUNT 10 of 1 M pending, pipeline 16", STREAM, "XREADGROUP GROUP group consumer COUNT 10 STREAMS stream 1-500000", 16, total=0.75),
    CpuRow("xack-p16", "XACK, 1 M pending, pipeline 16", STREAM, "XACK stream group 1-__rand_int__", 16, total=0.75, refill=PENDING),

    CpuRow("exec-p16", "MULTI, three SET and two GET, EXEC, 1 M keys, pipeline 16", SMALL, FIVE, 16, total=0.7),
    CpuRow("watch-p16", "WATCH, GET, MULTI, SET, EXEC, 1 M keys, pipeline 16", SMALL, WATCHED, 16, total=0.8),
    CpuRow("set-notify-p16", "SET 64 B, notifications of all classes, 1 M keys, pipeline 16", SMALL, SET, 16, total=0.8,
           options=("--notify-keyspace-events", "KEA")),
    CpuRow("publish-100", "PUBLISH 64 B to 100 subscribers, unpipelined", FEW, "PUBLISH channel __data__", 1, total=0.75, subscribers=100),
    CpuRow("get-tracked-p1", "GET 64 B with tracking on, 10,000 keys, unpipelined", FEW, GET, 1, total=0.8, load=("--enable-tracking",)),
    CpuRow("get-tracked-p16", "GET 64 B with tracking on, 10,000 keys, pipeline 16", FEW, GET, 16, total=0.8, load=("--enable-tracking",)),

    MemoryRow("memory-64", "16 B key, 64 B value", Data(MILLION, 64), at_most=0.9),
    MemoryRow("memory-8", "16 B key, 8 B value", Data(MILLION, 8), at_most=0.75),
    MemoryRow("memory-32-ttl", "16 B key, 32 B value, with a TTL", Data(MILLION, 32, SET + " EX 100000"), at_most=0.75),
    MemoryRow("memory-stream", "stream of 1 M, 4 B values", Data(MILLION, 4, "XADD stream 1-* f __data__", held=1), at_most=1.0),
    MemoryRow("memory-sorted", "sorted set of 1 M, 19 B members", SORTED, at_most=0.7),
    MemoryRow("memory-list", "list of 1 M, 19 B elements", Data(MILLION, 19, "RPUSH list __data__", held=1), at_most=1.0),
    MemoryRow("memory-set", "member of 19 B in one set of 1 M", BIG_SET, at_most=0.8),
    MemoryRow("memory-hash", "field of 18 B with a value of 16 B in one hash of 1 M", BIG_HASH, at_most=0.8),
    MemoryRow("memory-hashes", "hash of ten fields with values of 12 B", SMALL_HASHES, at_most=1.0),
    MemoryRow("memory-hashes-ttl", "hash of ten fields with values of 12 B, each with a TTL", VOLATILE_HASHES, at_most=0.9),

    ThroughputRow("default-set-p1", "SET 64 B, 1 M keys, unpipelined", SMALL, SET, 1, at_least=1.0),
    ThroughputRow("default-set-p16", "SET 64 B, 1 M keys, pipeline 16", SMALL, SET, 16, at_least=1.0),
    ThroughputRow("default-set-p64", "SET 64 B, 1 M keys, pipeline 64", SMALL, SET, 64, at_least=1.3),
    ThroughputRow("set-aof-always-p1", "SET 64 B, 1 M keys, AOF always, unpipelined", SMALL, SET, 1, at_least=1.0, options=(*AOF, "always")),
    ThroughputRow("default-get-p1", "GET 64 B, 1 M keys, unpipelined", SMALL, GET, 1, at_least=1.0),
    ThroughputRow("default-get-p16", "GET 64 B, 1 M keys, pipeline 16", SMALL, GET, 16, at_least=1.0),
    ThroughputRow("default-get-p64", "GET 64 B, 1 M keys, pipeline 64", SMALL, GET, 64, at_least=1.0),

    DelayRow("delay", "5 M keys, one loop, pinned", 5 * MILLION, pinned=True, at_most=1.0, pause_ms=5),
    DelayRow("delay-default", "5 M keys, default settings", 5 * MILLION, pinned=False, at_most=1.0, pause_ms=5),

    ExpiredRow("expired", "1 M keys that expire within 20 s, one loop", MILLION, 20, at_most_ms=10),

    SaveRow("bgsave", "5 M keys, 64 B values, 50,000 writes/s", 5 * MILLION, 50_000, at_most=0.8, extra_memory=0.1, delay=1.0),
    LoadRow("load", "5 M keys, 64 B values", 5 * MILLION, at_most=0.6),

    StartRow("start", "start to first PONG", milliseconds=100),
    IdleRow("idle", "idle memory", mebibytes=40),
]
