"""The benchmark that compares Carnelian with real Valkey.

rows.py     what is measured: one line per row, with its limits
kinds.py    how each kind of row is measured
servers.py  starting, watching and ending a server process
load.py     the load generator and the client that pings each millisecond
resp.py     a minimal client for checks and INFO
report.py   tables on the terminal and in Markdown
cli.py      options and the order of work
"""
