"""Histories of commands whose outcome depends on nothing but the commands: what a seed and a number of batches stand for can be made again elsewhere.

A writer has three databases of its own, so that the writers' commands may come in any order among each other. Each batch is a transaction
that begins with the writer's counter: so a file tells how many batches it holds.
"""
import random

COUNTERS = 15  # the database of the counters
VOLATILE = 14  # that of keys that expire
DATABASES = 3  # so many for each writer
FAR = 4102444800000  # a deadline that nobody lives to see, in milliseconds
KEYS = 6

# What the words stand for: see History.word.
SHAPES = """
SET k v|SET k v|APPEND k v|SETRANGE k i v|SETBIT k i 1|INCR c|INCRBYFLOAT f 1.5|GETSET k v|GETDEL k|MSET k v k v|SET k v PXAT far|PEXPIREAT k 1|PERSIST k|SETRANGE B I v
RENAME any any|RENAMENX any any|COPY any any REPLACE|COPY any any DB d REPLACE|MOVE any d|DEL any|UNLINK any|PEXPIREAT any far
RPUSH l v v v|LPUSH l v v v|LPOP l 9|RPOP l 9|LSET l i v|LINSERT l BEFORE e v|LREM l 2 e|LTRIM l 3 -3|LTRIM l 30 -1|LMOVE l l LEFT RIGHT|RPUSH l L|RPUSH l e e e e e e|LMPOP 2 l l LEFT COUNT 5
HSET h m v m v|HSET h m v|HDEL h m m m|HINCRBY h n 1|HPEXPIREAT h far FIELDS 1 m|HPEXPIREAT h 1 FIELDS 1 m|HPERSIST h FIELDS 1 m
SADD s m m m|SREM s m m|SMOVE s s m|SADD s i i i|SUNIONSTORE s s s|SDIFFSTORE s s s
ZADD z i m i m|ZREM z m m|ZINCRBY z i m|ZPOPMIN z 3|ZPOPMAX z 3|ZREMRANGEBYRANK z 5 7|ZRANGESTORE z z 0 -2|ZUNIONSTORE z 2 z z
XADD x id f v|XADD x id f v|XADD x id f v g v|XDEL x xid xid|XTRIM x MAXLEN ~ 900|XTRIM x MAXLEN 900|XGROUP CREATE x g 0|XREADGROUP GROUP g one COUNT 5 STREAMS x >|XACK x g xid xid|XGROUP DESTROY x g
PFADD p m m m|PFMERGE p p p|BITOP OR k k k|GEOADD z 13.3 38.1 m|SORT l ALPHA LIMIT 0 40 STORE l
"""


class History:
    """The commands of one writer."""

    def __init__(self, seed, writer):
        self.writer = writer
        self.random = random.Random(f"{seed}/{writer}")
        self.shapes = [shape.split() for shape in SHAPES.replace("\n", "|").split("|") if shape]
        self.batches = 0
        self.time = 1000

    def batch(self):
        """The commands of the next transaction."""
        self.batches += 1
        commands = [["SELECT", COUNTERS], ["INCR", f"counter:{self.writer}"], ["SELECT", self.database()]]
        if self.batches <= DATABASES:
            return commands[:2] + [["SELECT", self.number(self.batches - 1)], *self.beginning()]
        dice = self.random.random()
        if dice < 0.004:
            commands.append(["FLUSHDB", self.random.choice(["ASYNC", "SYNC"])])
            commands.extend(self.beginning())
        elif dice < 0.02:
            commands.append(["SWAPDB", self.database(), self.database()])
        for _ in range(self.random.randint(1, 12)):
            commands.append([self.word(word) for word in self.random.choice(self.shapes)])
        return commands

    def number(self, database):
        return self.writer * DATABASES + database

    def database(self):
        return self.number(self.random.randrange(DATABASES))

    def beginning(self):
        """Commands that fill a database: many small keys, and big values of all types."""
        commands = [["MSET", *(word for i in range(at, at + 100) for word in (f"small:{i}", f"value {i}"))] for at in range(0, 1500, 100)]
        for key in range(2):
            for at in range(0, 3000, 100):
                names = [f"m{i}" for i in range(at, at + 100)]
                commands.append(["RPUSH", f"l{key}", *(f"e{i % 300}" for i in range(at, at + 100))])
                commands.append(["HSET", f"h{key}", *(word for name in names for word in (name, "value"))])
                commands.append(["SADD", f"s{key}", *names])
                commands.append(["ZADD", f"z{key}", *(word for i, name in enumerate(names) for word in (at + i, name))])
            for _ in range(900):
                commands.append(["XADD", f"x{key}", self.word("id"), "f", "value"])
        commands.append(["SETRANGE", "B0", 300_000, "x"])
        return commands

    def word(self, word):
        pick = self.random.randrange
        if word == "any":
            # Mostly small ones, so that the big ones stay long enough to become saved in steps.
            return f"k{pick(KEYS)}" if pick(20) else f"{'hlszx'[pick(5)]}{pick(3)}"
        if word == "id":
            self.time += pick(3)
            return f"{self.time}-{self.batches}{pick(1000):03}"
        if word in ("k", "c", "f", "p"):
            return f"{word}{pick(KEYS)}"
        if word in ("l", "h", "s", "z", "x"):
            return f"{word}{pick(3)}"
        return {"v": lambda: f"value {pick(1000)}", "i": lambda: str(pick(3000)), "e": lambda: f"e{pick(300)}", "m": lambda: f"m{pick(3500)}", "n": lambda: f"n{pick(20)}",
                "L": lambda: "y" * 9000 + str(pick(100)), "d": lambda: str(self.database()), "far": lambda: str(FAR + pick(1000)), "B": lambda: "B0",
                "I": lambda: str(pick(300_000)), "xid": lambda: f"{1000 + pick(2000)}-{pick(3000)}"}.get(word, lambda: word)()


def encode(command):
    words = [word if isinstance(word, bytes) else str(word).encode() for word in command]
    return b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in words)


def transaction(commands):
    """The bytes of a batch, and the number of replies."""
    return b"".join(map(encode, [["MULTI"], *commands, ["EXEC"]])), len(commands) + 2
