"""A caller's REST traffic as GraphQL: what a report on moving to the graph is made of.

calls.py      one call, as a log or a capture tells of it
lines.py      a line of an access log → a call
captures.py   an HTTP archive (HAR 1.2) → calls
sources.py    a file → calls, in bounded memory
traffic.py    a call → the endpoint it was for; calls → bursts of one client
outlines.py   an operation → what its answer lists, and what its ids stand for
loops.py      a burst → trees of calls that one query replaces
grafting.py   a tree → that query
selecting.py  the fields of an operation, without aliases and fragments, and fewer of them
measuring.py  bytes of an answer, and of its fields that are wanted
study.py      all traffic → what was called how often, and the loops in it
report.py     that as Markdown, and as files
"""
