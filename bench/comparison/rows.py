"""What is measured, in the order of the report: one declaration per row. Limits are ratios to Valkey in the same run, unless
a kind says otherwise. Rows that share their data and follow each other share their servers too."""

from .kinds import CpuRow, Data, DelayRow, IdleRow, MemoryRow, StartRow, ThroughputRow

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

    CpuRow("lpush-p16", "LPUSH 16 B, list of 1 M, pipeline 16", LIST, "LPUSH list __data__", 16, total=0.8),
    CpuRow("rpush-p16", "RPUSH 16 B, list of 1 M, pipeline 16", LIST, "RPUSH list __data__", 16, total=0.8),
    CpuRow("lrange-p16", "LRANGE of 100, list of 1 M, pipeline 16", LIST, "LRANGE list 0 99", 16, total=0.6),
    CpuRow("lpop-p16", "LPOP 16 B, pipeline 16", LIST, "LPOP list", 16, total=0.8, refill=MUCH, left="LLEN list"),
    CpuRow("rpop-p16", "RPOP 16 B, pipeline 16", LIST, "RPOP list", 16, total=0.8, refill=MUCH, left="LLEN list"),

    CpuRow("xadd-p16", "XADD MAXLEN ~ 1000, 16 B, pipeline 16", ADDED, "XADD stream MAXLEN ~ 1000 * field __data__", 16, total=0.75),
    CpuRow("xread-p16", "XREAD COUNT 10, stream of 1 M, pipeline 16", STREAM, "XREAD COUNT 10 STREAMS stream 1-500000", 16, total=0.75),
    CpuRow("xreadgroup-p16", "XREADGROUP COUNT 10 of 1 M pending, pipeline 16", STREAM, "XREADGROUP GROUP group consumer COUNT 10 STREAMS stream 1-500000", 16, total=0.75),
    CpuRow("xack-p16", "XACK, 1 M pending, pipeline 16", STREAM, "XACK stream group 1-__rand_int__", 16, total=0.75, refill=PENDING),

    MemoryRow("memory-64", "16 B key, 64 B value", Data(MILLION, 64), at_most=0.9),
    MemoryRow("memory-8", "16 B key, 8 B value", Data(MILLION, 8), at_most=0.75),
    MemoryRow("memory-32-ttl", "16 B key, 32 B value, with a TTL", Data(MILLION, 32, SET + " EX 100000"), at_most=0.75),
    MemoryRow("memory-stream", "stream of 1 M, 4 B values", Data(MILLION, 4, "XADD stream 1-* f __data__", held=1), at_most=1.0),
    MemoryRow("memory-list", "list of 1 M, 16 B elements", LIST, at_most=1.0),

    ThroughputRow("default-set-p1", "SET 64 B, 1 M keys, unpipelined", SMALL, SET, 1, at_least=1.0),
    ThroughputRow("default-set-p16", "SET 64 B, 1 M keys, pipeline 16", SMALL, SET, 16, at_least=1.0),
    ThroughputRow("default-set-p64", "SET 64 B, 1 M keys, pipeline 64", SMALL, SET, 64, at_least=1.3),
    ThroughputRow("default-get-p1", "GET 64 B, 1 M keys, unpipelined", SMALL, GET, 1, at_least=1.0),
    ThroughputRow("default-get-p16", "GET 64 B, 1 M keys, pipeline 16", SMALL, GET, 16, at_least=1.0),
    ThroughputRow("default-get-p64", "GET 64 B, 1 M keys, pipeline 64", SMALL, GET, 64, at_least=1.0),

    DelayRow("delay", "5 M keys, one loop, pinned", 5 * MILLION, pinned=True, at_most=1.0, pause_ms=5),
    DelayRow("delay-default", "5 M keys, default settings", 5 * MILLION, pinned=False, at_most=1.0, pause_ms=5),

    StartRow("start", "start to first PONG", milliseconds=100),
    IdleRow("idle", "idle memory", mebibytes=40),
]
