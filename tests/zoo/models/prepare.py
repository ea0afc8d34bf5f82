"""The setup of ``prepared``: variables of the environment, a working folder, a module in place of one that isn't there, a Flask application's context."""

import os
import sys
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

from flask import Flask


@contextmanager
def application():
    before = Path.cwd()
    stub = ModuleType("not_installed_anywhere")
    stub.LIMIT = 9
    sys.modules[stub.__name__] = stub
    os.environ["ZOO_TABLE"] = "orders"
    os.chdir(Path(__file__).parent)
    app = Flask("zoo")
    app.config["CURRENCY"] = "EUR"
    try:
        with app.app_context():
            yield
    finally:
        os.chdir(before)
        del os.environ["ZOO_TABLE"]
        del sys.modules[stub.__name__]
