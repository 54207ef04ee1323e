"""The compiler: an operation becomes one SQL statement and a generated function over its rows.

    reading.py     document and variables → a tree of fields, with the questions of its lists
    scopes.py      columns and cells of one SELECT, and how each engine carries a value
    generated.py   the source of the function, and what it calls
    objects.py     tree → cells and source: objects and the rows they point at
    paging.py      one list of a statement
    lists.py       its rows, in one of three forms
    pages.py       the pages made of them
    statement.py   the whole statement of an operation
    payloads.py    coercion.py    inputs.py    changes.py    mutations
    operations.py  what is known of an operation, and remembered
    calls.py       a question with its ids, run as a viewer
    planner.py     what finds, or makes, the call for a request
    explain.py     a plan in words

The declarations on the fields are all it knows. What they do not say cannot be planned, and is
left to the interpreter: the whole operation, before anything is read.
"""
