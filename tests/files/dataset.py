"""A data set with every type, encoding, deadline and edge, and how it is read back: for the tests that carry files from one server to another."""
import hashlib, random

FAR = 4102444800000  # the first of January 2100, in milliseconds


def fill(connect, field_deadlines=True, big=True):
    """Writes the data set. connect(db) gives a connection to a database."""
    chance = random.Random(1)
    r = connect(0)
    for number in (0, 1, -1, 127, 128, -128, -129, 32767, 32768, -32768, -32769, 2**31 - 1, 2**31, -(2**31), -(2**31) - 1, 2**63 - 1, -(2**63)):
        r("SET", f"integer:{number}", number)
    for text in ("", " ", "007", "-0", "+1", "1.5", "9223372036854775808", "x" * 20, "x" * 21, "x" * 64, "y" * 16383, "y" * 16384, "ab" * 40000):
        r("SET", f"text:{len(text)}:{text[:5]}", text)
    r("SET", b"binary:\x00\xff\r\n", bytes(range(256)))
    r("SET", "", "the empty key")
    r("SET", "k" * 300, "a long key")
    r("SET", "random", chance.randbytes(100_000))
    r("APPEND", "raw", "12")
    r("APPEND", "raw", "34")
    r("SET", "deadline:far", 1, "PXAT", FAR)
    r("SET", "deadline:near", 1, "EX", 100_000)
    r("SETBIT", "bits", 100_000, 1)
    r("PFADD", "hll:sparse", *range(100))
    r("PFADD", "hll:dense", *range(20_000))

    r("RPUSH", "list:small", 1, -5, "two", "", b"\xff\x00", 2**40, "x" * 70)
    for i in range(0, 3000, 100):
        r("RPUSH", "list:long", *(f"element {k}" for k in range(i, i + 100)))
    r("RPUSH", "list:plain", "first", b"p" * 100_000, chance.randbytes(9000), "last")
    r("PEXPIREAT", "list:long", FAR)

    r("SADD", "set:integers:16", *range(-50, 50))
    r("SADD", "set:integers:32", 1, 2**31 - 1, -(2**31))
    r("SADD", "set:integers:64", 1, 2**63 - 1, -(2**63))
    r("SADD", "set:small", "a", 1, -7, "", b"\x00")
    r("SADD", "set:table", *(f"member {i}" for i in range(1000)), *range(1000))
    r("SADD", "set:long members", "m" * 100, "n" * 300, 5)

    r("ZADD", "sorted:small", 1, "a", -1.5, "b", "inf", "c", "-inf", "d", 0.1, "e", 7, "7", 3, "")
    r("ZADD", "sorted:tree", *(word for i in range(1000) for word in (i / 7, f"member {i}")))
    r("ZADD", "sorted:long member", 1e300, "z" * 100, 5e-324, "y", 2**53, "x")
    r("GEOADD", "geo", 13.361389, 38.115556, "Palermo", 15.087269, 37.502669, "Catania")

    r("HSET", "hash:small", "a", 1, "b", "two", "", "", b"\x00", b"\xff" * 60, "n", -(2**40))
    r("HSET", "hash:table", *(word for i in range(1000) for word in (f"field {i}", f"value {i * 7}")))
    r("HSET", "hash:long value", "f", "v" * 5000, "g", 1)
    if field_deadlines:
        r("HSET", "hash:deadlines", "a", 1, "b", 2, "c", 3)
        r("HPEXPIREAT", "hash:deadlines", FAR, "FIELDS", 2, "a", "b")
        r("HSET", "hash:many deadlines", *(word for i in range(600) for word in (f"field {i}", i)))
        r.many(["HPEXPIREAT", "hash:many deadlines", FAR + i, "FIELDS", 1, f"field {i}"] for i in range(0, 600, 2))

    fill_streams(r, chance)
    if big:
        r.many([["SET", f"key:{i}", f"value of {i} " * (i % 9), *(("PXAT", FAR + i) if i % 3 == 0 else ())] for i in range(20_000)])
        for i in range(0, 50_000, 1000):
            part = range(i, i + 1000)
            r("SADD", "set:big", *(f"member:{k}" for k in part))
            r("ZADD", "sorted:big", *(word for k in part for word in (k * 1.5, f"member:{k}")))
            r("HSET", "hash:big", *(word for k in part for word in (f"field:{k}", f"value:{k}")))
            r("RPUSH", "list:big", *part)
    for db in (1, 9, 15):
        connect(db)("SET", f"in {db}", db)
    connect(9)("SET", "in 9 too", 1, "PXAT", FAR)


def fill_streams(r, chance):
    ids = [f"{1000 + i // 3}-{i}" for i in range(1, 500)]
    for i, entry in enumerate(ids):
        r("XADD", "stream", entry, *(("a", i, "b", f"text {i}") if i % 5 else ("other", chance.randbytes(30))))
    r("XDEL", "stream", *ids[::7])
    r("XGROUP", "CREATE", "stream", "group", 0)
    r("XGROUP", "CREATE", "stream", "other", "$")
    r("XGROUP", "CREATECONSUMER", "stream", "other", "idle one")
    r("XREADGROUP", "GROUP", "group", "alice", "COUNT", 50, "STREAMS", "stream", ">")
    r("XREADGROUP", "GROUP", "group", "bob", "COUNT", 10, "STREAMS", "stream", ">")
    r("XACK", "stream", "group", *ids[:20:2])
    r("XADD", "stream:emptied", "5-5", "f", 1)
    r("XTRIM", "stream:emptied", "MAXLEN", 0)
    r("XSETID", "stream:emptied", "9-9", "ENTRIESADDED", 100, "MAXDELETEDID", "8-8")
    r("XGROUP", "CREATE", "stream:groups only", "g", "$", "MKSTREAM")
    r("XADD", "stream:last", "18446744073709551615-18446744073709551615", "f", 1)


def read(connect, field_deadlines=True, encodings=True, databases=16, seen=True):
    """All that can be seen of all keys, in the words of any server; seen: when consumers were seen, too, which commands do not carry."""
    contents = {}
    for db in range(databases):
        r = connect(db)
        for name in r("KEYS", "*"):
            kind, encoding, deadline = r.many([["TYPE", name], ["OBJECT", "ENCODING", name], ["PEXPIRETIME", name]])
            contents[db, name] = kind, deadline, *value(r, kind, name, encoding if encodings else b"(any)", field_deadlines, seen)
    return contents


def value(r, kind, name, encoding, field_deadlines, seen):
    if kind == b"string":  # how short strings are held is an affair of each version
        return short(r("GET", name))
    if kind == b"list":
        return encoding, *short(r("LRANGE", name, 0, -1))
    if kind == b"set":
        return encoding, *short(sorted(r("SMEMBERS", name)))
    if kind == b"zset":
        flat = r("ZRANGE", name, 0, -1, "WITHSCORES")
        return encoding, *short(list(zip(flat[::2], map(float, flat[1::2]))))
    if kind == b"stream":
        return encoding, *short(stream(r, name, seen))
    flat = r("HGETALL", name)
    fields = sorted(zip(flat[::2], flat[1::2]))
    deadlines = []
    for start in range(0, len(fields) if field_deadlines else 0, 500):
        part = [field for field, _ in fields[start:start + 500]]
        deadlines += r("HPEXPIRETIME", name, "FIELDS", len(part), *part)
    expires = any(deadline >= 0 for deadline in deadlines)
    return (b"(any)" if expires else encoding), *short(fields), *short(deadlines if expires else [])


def stream(r, name, seen):
    facts = pairs(r("XINFO", "STREAM", name, "FULL", "COUNT", 0))
    groups = []
    for group in map(pairs, facts[b"groups"]):
        consumers = [(c[b"name"], c[b"seen-time"] if seen else None, [[p[0], p[1], p[2]] for p in c[b"pending"]]) for c in map(pairs, group[b"consumers"])]
        groups.append((group[b"name"], group[b"last-delivered-id"], group[b"entries-read"], group[b"pending"], consumers))
    return [facts[word] for word in (b"length", b"last-generated-id", b"max-deleted-entry-id", b"entries-added", b"recorded-first-entry-id", b"entries")], groups


def pairs(flat):
    return dict(zip(flat[::2], flat[1::2]))


def short(value):
    """A long value by its digest, so that differences can be printed."""
    text = repr(value)
    return (text,) if len(text) < 200 else (len(value), hashlib.sha1(text.encode()).hexdigest())


def compare(expected, actual):
    """What differs, a line each."""
    lines = []
    for key in sorted(expected.keys() | actual.keys()):
        left, right = expected.get(key), actual.get(key)
        if left != right:
            lines.append(f"database {key[0]}, key {key[1]!r}: {left} became {right}")
    return lines
