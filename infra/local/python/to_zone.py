"""Turns the API's answer about a domain, on stdin, into lines for its zone file, on stdout.

It plays the person who copies the records into a DNS panel.
"""

import json
import re
import sys


def value_of(kind, value):
    if kind == "TXT":
        # A string of a TXT record holds 255 octets.
        parts = [value[start : start + 255] for start in range(0, len(value), 255)]
        return " ".join('"' + re.sub(r'(["\\])', r"\\\1", part) + '"' for part in parts)
    return value.rstrip(".") + "."


domain = json.load(sys.stdin)
if not domain.get("records"):
    sys.exit(f"no records yet: {json.dumps(domain)}")
for record in domain["records"]:
    name, kind = record["name"].rstrip("."), record["type"]
    print(f"{name}. 60 IN {kind} {value_of(kind, record['value'])}")
