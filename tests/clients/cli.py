"""The smoke test with a command line client, as scripts use it and as a person does, through a terminal.

Arguments: the port, the program.
"""
import contextlib, fcntl, os, pathlib, pty, re, select, signal, struct, subprocess, sys, tempfile, termios, time

from checks import Checks

# Programs started from here must not inherit that SIGINT is ignored, as it is behind some shells' "&": a handler does not outlive exec.
signal.signal(signal.SIGINT, signal.default_int_handler)

port, program = sys.argv[1:3]
name = pathlib.Path(program).name
checks = Checks(name)
base = [program, "-p", port]
home = tempfile.mkdtemp(prefix="cli-home-")
environment = os.environ | {"HOME": home, "TERM": "xterm"}


def call(*arguments, stdin=None):
    done = subprocess.run([*base, *arguments], input=stdin, stdin=subprocess.DEVNULL if stdin is None else None,
                          capture_output=True, text=True, timeout=60, env=environment)
    return done.stdout + done.stderr


def test_scripts():
    checks.equal("FLUSHALL", call("FLUSHALL"), "OK\n")
    for protocol in ("-2", "-3"):
        checks.equal("PING", call(protocol, "PING"), "PONG\n")
        checks.equal("SET and GET", call(protocol, "SET", "k", "two words") + call(protocol, "GET", "k"), "OK\ntwo words\n")
        checks.equal("numbers", call(protocol, "--no-raw", "INCR", f"n{protocol}"), "(integer) 1\n")
        checks.equal("nothing", call(protocol, "--no-raw", "GET", "nothing"), "(nil)\n")
        checks.equal("an error", call(protocol, "INCR", "k"), "ERR value is not an integer or out of range\n\n")
        checks.equal("a map", call(protocol, "--no-raw", "CONFIG", "GET", "maxmemory"),
                     '1) "maxmemory"\n2) "0"\n' if protocol == "-2" else '1# "maxmemory" => "0"\n')
    checks.equal("several commands", call(stdin="SET a 1\nINCR a\nGET a\n"), "OK\n2\n2\n")
    checks.equal("-x", call("-x", "SET", "x", stdin="from stdin") + call("GET", "x"), "OK\nfrom stdin\n")
    checks.equal("-n", call("-n", "4", "SET", "k", "four") + call("GET", "k") + call("-n", "4", "GET", "k"), "OK\ntwo words\nfour\n")
    checks.equal("-r", call("-r", "3", "INCR", "times"), "1\n2\n3\n")
    checks.equal("--csv", call("--csv", "MGET", "a", "nothing"), '"2",NULL\n')
    checks.equal("--json", call("--json", "MGET", "a", "nothing"), '["2",null]\n')
    checks.equal("-e", subprocess.run([*base, "-e", "NOSUCH"], capture_output=True, timeout=60).returncode, 1)
    load = "".join(f"*3\r\n$3\r\nSET\r\n${len(str(i)) + 1}\r\np{i}\r\n$1\r\n1\r\n" for i in range(20000))
    checks.holds("--pipe", "errors: 0, replies: 20000" in call("--pipe", stdin=load))
    checks.equal("--scan", len(call("--scan", "--pattern", "p*").split()), 20000)
    checks.holds("--bigkeys", "Biggest string found" in call("--bigkeys"))
    checks.holds("--memkeys", "Sampled" in call("--memkeys"))
    checks.holds("INFO", "redis_version:" in call("INFO", "server"))
    checks.holds("--latency", re.search(r"\d+(\.\d+)? \d+", call_for(1.5, "--latency", "--raw")))
    checks.holds("HELP of a container", "SETNAME" in call("CLIENT", "HELP"))


def call_for(seconds, *arguments):
    """The output of a program that does not end by itself."""
    with subprocess.Popen([*base, *arguments], stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, env=environment) as process:
        time.sleep(seconds)
        process.terminate()
        return process.communicate(timeout=10)[0].decode()


class Terminal:
    """The program at a terminal."""

    def __init__(self, *arguments):
        self.output = ""
        self.process, self.terminal = pty.fork()
        if self.process == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
            os.execvpe(program, [*base, *arguments], environment)

    def wait(self, text, seconds=10):
        """Reads until the text is shown, leaving out the codes that move the cursor."""
        deadline = time.time() + seconds
        while True:
            shown = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]|\x1b[=>]", "", self.output)
            # A prompt counts once it is the last thing shown: the echo of a line begins with it too.
            found = shown.rstrip("\r").endswith(text) if text.endswith("> ") else text in shown
            if found or time.time() > deadline:
                checks.holds(f"the terminal shows {text!r}", found, f"but {shown[-300:]!r}")
                return
            if select.select([self.terminal], [], [], 0.1)[0]:
                try:
                    self.output += os.read(self.terminal, 65536).decode(errors="replace")
                except OSError:  # it has ended
                    deadline = 0

    def press(self, keys, wait=None):
        self.output = ""
        os.write(self.terminal, keys.encode())
        if wait:
            self.wait(wait)

    def interrupt(self):
        """Presses ^C, which ends the subscription or the program, as each version has it, and then ^D."""
        self.press("\x03")
        time.sleep(0.5)  # the program throws away what is typed before its prompt
        with contextlib.suppress(OSError):
            self.press("\x04")

    def enter(self, line, *answers, prompt="> "):
        """Types a line, waits for its echo, enters it, and waits for the answer and the next prompt."""
        self.press(line, line.rstrip("\t"))
        self.press("\r")
        for text in (*answers, prompt):
            self.wait(text)

    def end(self):
        for _ in range(200):
            done, status = os.waitpid(self.process, os.WNOHANG)
            if done:
                os.close(self.terminal)
                return os.waitstatus_to_exitcode(status)
            time.sleep(0.05)
        os.kill(self.process, 9)
        os.waitpid(self.process, 0)
        os.close(self.terminal)
        return None


def test_terminal():
    prompt = f"127.0.0.1:{port}> "
    reading = "Reading messages..."
    terminal = Terminal()
    terminal.wait(prompt)
    terminal.enter("set greeting hello", "OK")
    terminal.enter("get greeting", '"hello"')
    terminal.press("set greeting ", "value")  # the hint for the next argument
    terminal.press("\x15", prompt)  # ^U
    terminal.press("expire ", "key seconds")
    terminal.press("\x15", prompt)
    terminal.enter("select 2", "OK", prompt=f"127.0.0.1:{port}[2]> ")
    terminal.enter("select 0", "OK", prompt=prompt)
    terminal.enter("help append", "APPEND key value", "group: string")
    terminal.enter("help @string", "SETRANGE key offset value")
    terminal.enter("multi", "OK", prompt=f"127.0.0.1:{port}(TX)> ")
    terminal.enter("incr counted", "QUEUED")
    terminal.enter("get greeting", "QUEUED")
    terminal.enter("exec", '2) "hello"', prompt=prompt)
    terminal.enter("multi", "OK", prompt="(TX)> ")
    terminal.enter("nosuch", "(error) ERR unknown command 'nosuch', with args beginning with: ")
    terminal.enter("exec", "(error) EXECABORT Transaction discarded because of previous errors.", prompt=prompt)
    terminal.enter("multi", "OK", prompt="(TX)> ")
    terminal.enter("discard", "OK", prompt=prompt)
    terminal.enter("subscribe news", '1) "subscribe"', "(integer) 1", prompt=reading)
    call("PUBLISH", "news", "breaking")
    terminal.wait('"breaking"')
    terminal.interrupt()
    checks.holds("the end", terminal.end() is not None)

    terminal = Terminal("-3")
    terminal.wait(prompt)
    terminal.enter("hello 3", '"proto" => (integer) 3')
    terminal.enter("subscribe news", '1) "subscribe"', prompt=reading)
    call("PUBLISH", "news", "again")
    terminal.wait('"again"')
    terminal.interrupt()
    checks.holds("the end with RESP3", terminal.end() is not None)

    for arguments, shown in (("--stat",), "keys"), (("MONITOR",), "OK"):
        terminal = Terminal(*arguments)
        terminal.wait(shown)
        if arguments == ("MONITOR",):
            call("ECHO", "observed")
            terminal.wait('"ECHO" "observed"')
        terminal.press("\x03")
        checks.holds(f"^C ends {arguments[0]}", terminal.end() is not None)


test_scripts()
test_terminal()
for path in pathlib.Path(home).iterdir():
    path.unlink()
os.rmdir(home)
checks.end()
