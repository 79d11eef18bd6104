"""Small programs for the value engine: a prelude, a handler, tags (see `tagged.py`)."""

import re

_PYTHON = """\
import html
import json
import os
import re
import sqlite3
import subprocess

import requests
from flask import Flask, abort, redirect, request

app = Flask(__name__)
db = sqlite3.connect("app.db")
"""
_SCRIPT = """\
const { exec, spawn } = require('child_process')
const express = require('express')
const { Pool } = require('pg')

const app = express()
const db = new Pool()
"""
_PRELUDES = {"py": _PYTHON, "js": _SCRIPT, "ts": _SCRIPT}
_FILE = re.compile(r"^--- (\S+)\n", re.MULTILINE)


def files(language: str, code: str) -> dict[str, str]:
    """Path -> text of a case: `main` with the prelude, and the files behind lines `--- path`."""
    first, *rest = _FILE.split(code)
    found = dict(zip(rest[::2], rest[1::2], strict=True))
    if first.strip():
        found[f"main.{language}"] = _PRELUDES[language] + first
    return found
