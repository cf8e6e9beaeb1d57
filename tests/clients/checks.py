"""Counts checks that hold and prints those that do not."""
import sys


class Checks:
    def __init__(self, title):
        self.title, self.passed, self.failed = title, 0, 0

    def holds(self, what, condition, details=""):
        if condition:
            self.passed += 1
        else:
            self.failed += 1
            print(f"  FAILED {self.title}: {what} {details}".rstrip(), flush=True)

    def equal(self, what, actual, expected):
        self.holds(what, actual == expected, f"got {actual!r} instead of {expected!r}")

    def fails(self, what, action, error, text):
        try:
            value = action()
        except error as e:
            self.holds(what, text in str(e), f"the error was {e}")
        else:
            self.holds(what, False, f"no error but {value!r}")

    def end(self):
        print(f"{self.passed} passed, {self.failed} failed, 0 skipped")
        sys.exit(1 if self.failed else 0)
