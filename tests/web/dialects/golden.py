"""Requests and the answers that the protocol asks for, as files.

A `.request` is its first line, its headers, an empty line and the body; KEY stands for a key.
A `.answer` is the status, the headers that the protocol names, an empty line and the body to the last byte.
What is made anew for each answer stands there as ID.
"""

import os
from pathlib import Path

GOLDEN = Path(__file__).parents[2] / "golden"


def names(folder):
    return sorted(path.name.removesuffix(".request") for path in (GOLDEN / folder).glob("*.request"))


def compare(client, folder, name, key, *, headers, ids=lambda answer: []):
    """Ask as the file says, and compare; UPDATE_GOLDEN=1 writes the answers down instead, to be read and kept."""
    head, _, body = (GOLDEN / folder / f"{name}.request").read_text(encoding="utf-8").partition("\n\n")
    first, *lines = head.replace("KEY", key).splitlines()
    method, path = first.split()
    sent = dict(line.split(": ", 1) for line in lines)
    answer = client.open(path, method=method, data=body.removesuffix("\n").replace("KEY", key).encode(), headers=sent)
    shown = [f"{each}: {answer.headers[each]}" for each in ("Content-Type", *headers) if each in answer.headers]
    found = "\n".join([str(answer.status_code), *shown, "", answer.text]).replace(key, "KEY")
    for each in ids(answer):
        found = found.replace(each, "ID")
    path = GOLDEN / folder / f"{name}.answer"
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(found, encoding="utf-8")
    assert found == path.read_text(encoding="utf-8")
