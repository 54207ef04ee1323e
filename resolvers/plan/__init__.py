"""The compiler: an operation becomes one SQL statement and a generated function over its rows.

    reading.py     document and variables → a tree of fields, with the questions of its lists
    asks.py        a question's structure, and its values as parameters
    sights.py      the viewer as parameters
    scopes.py      columns and cells of one SELECT, and how each engine carries a value
    generated.py   the source of the function, and what it calls
    objects.py     tree → cells and source: objects and the rows they point at
    lists.py       the same for lists
    statement.py   the whole statement of an operation
    planner.py     what is remembered, and for how long
    explain.py     a plan in words

The declarations on the fields are all it knows. What they do not say cannot be planned, and is
left to the interpreter: the whole operation, before anything is read.
"""
