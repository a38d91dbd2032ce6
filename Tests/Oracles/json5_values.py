"""Reads JSON5 texts with the PyPI package `json5`, independently of us.

    python json5_values.py --output json5_values.json

Each case has `text` and either `value` or `refused: true`. Values keep apart what JSON merges:

    {"int": "12"}  {"double": "0.5"}  {"string": …}  {"bool": …}  {"null": true}
    {"array": [value…]}  {"object": [[key, value]…]}

An integer of Python that does not fit 64 bits stands as the double nearest to it.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
from pathlib import Path
from typing import Any

import json5

TEXTS = [
    # Numbers (section 6 of the specification).
    "123", "123.456", ".456", "123.", "123e-456", "0xdecaf", "-0xC0FFEE", "+1", "-1", "+.5", "-5.",
    "0", "0.0", "0e1", "5.e3", "1E+2", "1e308", "4.9e-324", "2.2250738585072014e-308",
    "9223372036854775807", "9223372036854775808", "-9223372036854775808", "-9223372036854775809",
    "0x7fffffffffffffff", "0x8000000000000000", "0xFFFFFFFFFFFFFFFFF", "123456789012345678901234",
    "0x0", "0XaB", "0.1", "1.7976931348623157e308", "179769313486231580793728971405301e276",
    "Infinity", "-Infinity", "+Infinity", "9007199254740993.0", "01", "0x", ".", "+", "-", "1e",
    "1e+", "0x1.8", "1_000", "1 2", "- 1", "--1", "1n", "08",
    # Text (section 5).
    "'a'", '"a"', "'\"'", '"\'"', r"'\''", r"'\x41\u0042\103'", r"'\x4'", r"'\u00e9'", r"'\v\0'",
    r"'\a\q'", r"'\01'", r"'\1'", "'a\\\nb'", "'a\\\r\nb'", "'a\\\rb'", "'a\\\u2028b'",
    "'a\u2028b'", "'a\nb'", "'a", r"'\ud83d\ude00'", "'é😀'", r"'\/'", "''", r"'\b\f\n\r\t\\'",
    # Lists and objects (sections 3 and 4).
    "[]", "[1,]", "[,]", "[1,,2]", "[1 2]", "[1", "{}", "{a:1}", "{a:1,}", "{,}", "{a:1 b:2}",
    "{'a':1,\"b\":2,c:3}", "{$_a1:1}", "{ünïcödé:1}", r"{\u0061b:1}", "{a-b:1}", "{1:1}", "{a}",
    "{a:}", "{:1}", "{null:1,true:2,Infinity:3}", "[[[]],{}]", "{a:{b:[1,{c:null}]}}", "{a\u0301:1}",
    # White space and comments (sections 7 and 8).
    "//c\n1", "1//c", "/*c*/1", "1/*c*/", "/*a*//*b*/1", "/*\n*\n**/1", "/*1", "/1", "//", "",
    "\ufeff1", "\u00a01\u2003", "\v\f1", "\u20281\u2029", "// a\u20281", "[1,//x\n2/**/,]",
    # Words.
    "null", "true", "false", "True", "nul", "undefined", "yes", "nulll", "tru\\u0065",
]


def tagged(value: Any) -> dict[str, Any]:
    """Returns the value with its type beside it."""
    if value is None:
        return {"null": True}
    if isinstance(value, bool):
        return {"bool": value}
    if isinstance(value, int):
        if -(2**63) <= value < 2**63:
            return {"int": str(value)}
        return {"double": repr(float(value))}
    if isinstance(value, float):
        return {"double": repr(value)}
    if isinstance(value, str):
        return {"string": value}
    if isinstance(value, list):
        return {"array": [tagged(element) for element in value]}
    return {"object": [[key, tagged(element)] for key, element in value.items()]}


def case(text: str) -> dict[str, Any]:
    """Returns what the package makes of a text."""
    try:
        return {"text": text, "value": tagged(json5.loads(text))}
    except (ValueError, IndexError):
        return {"text": text, "refused": True}


def main() -> None:
    """Writes all cases."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=Path, required=True, help="the .json file to write")
    document = {
        "generator": "Tests/Oracles/json5_values.py",
        "versions": {"json5": importlib.metadata.version("json5")},
        "cases": [case(text) for text in TEXTS],
    }
    parser.parse_args().output.write_text(json.dumps(document, indent=1) + "\n")


if __name__ == "__main__":
    main()
