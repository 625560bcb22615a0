"""How often the number of a text has the sign that a reader gives the text.

``python -m tests.sentiment`` measures ``sentences.tsv``, ``--errors`` names those that are wrong. ``python -m
tests.sentiment FILE`` measures a file of your own: a line has a sign (``+``, ``-`` or ``0``), a tab and the text.
"""

import sys
from pathlib import Path

from tests.sentiment.measure import SENTENCES, Sentence, errors, read, table

arguments = [word for word in sys.argv[1:] if word != "--errors"]
if arguments:
    lines = Path(arguments[0]).read_text(encoding="utf-8").splitlines()
    measured = [Sentence("own", "", *line.split("\t", 1)) for line in lines]
else:
    measured = read(SENTENCES)
if "--errors" in sys.argv[1:]:
    for sentence, number in errors(measured):
        print(f"{sentence.language}\t{sentence.part}\t{sentence.sign}\t{number}\t{sentence.text}")
print(table(measured))
