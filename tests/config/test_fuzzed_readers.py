"""Configuration, baseline and finding file: any text is read as it stands, or refused in words; nothing is passed over."""

import copy
import datetime as dt
import json
import tomllib
from contextlib import suppress
from dataclasses import fields

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from harness.config import Options, read_options
from harness.config.baseline import read_baseline
from harness.core.errors import UsageProblem
from harness.core.policy import HybridPolicy
from harness.engine.kept_findings import read_kept

fuzzed = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    deadline=None,
    max_examples=200,
    derandomize=True,
    database=None,
)

PYPROJECT = """
[project]
name = "shop"

[tool.hybrid-harness]
examples = 20
timeout = 2.5
only = ["Item.*"]
fail-on = "warning"
database = "embedded"
strict = true

[[tool.hybrid-harness.hybrid]]
match = "Item.*"
reason = "ticket 7"
null = "zero"
tolerance = 0.01
accept = ["HH401"]
expires = 2031-12-31
"""
BASELINE = {
    "version": 1,
    "findings": [
        {
            "hybrid": "Item.cost",
            "rule": "HH208",
            "position": "select",
            "reason": "ticket 7",
            "expires": "2031-12-31",
        },
        {"hybrid": "Item.gone", "rule": "HH247", "position": "where", "reason": "", "expires": None},
    ],
}
FINDING = {
    "version": 1,
    "finding": "shop::Item.label::HH247::select",
    "message": "They differ.",
    "python": "'x'",
    "sql": "None",
    "shape": "random",
    "columns": {"items": ["id", "name"]},
    "statements": ["INSERT INTO items (id, name) VALUES (1, NULL)"],
    "module": "shop",
}
SPOILERS = st.sampled_from(
    [
        "\0",
        "\ufeff",
        "\r",
        "\\",
        '"',
        "'''",
        "\n<<<<<<< HEAD\n",
        "\n=======\n",
        "\n>>>>>>> topic\n",
        "\\ud800",
        "\\u0000",
        "[" * 5000,
        '{"a":' * 5000,
        "9" * 5000,
        "0x" + "F" * 5000,
        "1e999",
        "NaN",
    ]
) | st.text(max_size=6)


@st.composite
def edited(draw, text):
    """Bytes of ``text`` after an accident: cut off, a piece lost, doubled or put in, other line ends, another encoding."""
    start, end = sorted((draw(st.integers(0, len(text))), draw(st.integers(0, len(text)))))
    piece = draw(SPOILERS)
    lines = text.splitlines(keepends=True)
    number = draw(st.integers(0, len(lines) - 1))
    new = draw(
        st.sampled_from(
            [
                text[:end],
                text[:start] + text[end:],
                text[:end] + text[start:],
                text[:start] + piece + text[start:],
                text[:start] + piece + text[end:],
                "".join([*lines[: number + 1], *lines[number:]]),
                text.replace("\n", "\r\n"),
                f"\ufeff{text}",
            ]
        )
    )
    data = new.encode(draw(st.sampled_from(["utf-8"] * 6 + ["utf-16", "utf-32-le"])), "surrogatepass")
    return data[: draw(st.integers(0, len(data)))] + b"\xff" if draw(st.integers(0, 9)) == 0 else data


@st.composite
def rewritten(draw, document, values, more=()):
    """``document`` with one to three changes of its structure: a key lost, renamed or added, a value of another kind."""
    changed = copy.deepcopy(document)
    for _ in range(draw(st.integers(1, 3))):
        places = list(inner(changed))
        if not places:
            return changed
        holder, key = draw(st.sampled_from(places))
        action = draw(st.sampled_from(["drop", "value", "value", "value", "rename", "nest", "copy"]))
        if action == "drop":
            del holder[key]
        elif action == "value":
            holder[key] = draw(values)
        elif action == "rename" and isinstance(holder, dict):
            holder[draw(st.sampled_from(more) | st.text(max_size=5) if more else st.text(max_size=5))] = (
                holder.pop(key)
            )
        elif action == "nest":
            holder[key] = draw(st.sampled_from([[holder[key]], {"a": holder[key]}]))
        else:
            holder[key] = copy.deepcopy(draw(st.sampled_from(places))[0])
    return changed


def inner(node):
    """(holder, key) of everything inside ``node``."""
    pairs = list(node.items() if isinstance(node, dict) else enumerate(node))
    for key, value in pairs:
        yield node, key
        if isinstance(value, dict | list):
            yield from inner(value)


def read_or_refused(read, where, name):
    """What ``read`` gives, or None after a refusal that says what, where and what to do."""
    with suppress(UsageProblem):
        return read()
    with pytest.raises(UsageProblem) as refused:
        read()
    problem = refused.value
    assert problem.what
    assert problem.hint
    assert name in problem.where
    assert where in problem.where
    assert len(str(problem)) < 3000
    return None


# Configuration

SCALARS = (
    st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats()
    | st.text(max_size=5)
    | st.dates()
    | st.datetimes()
    | st.times()
    | st.sampled_from(["auto", "json", "error", "warning", "zero", "HH2", "", 1, 0, 5, 0.5])
)
TOML = st.recursive(
    SCALARS,
    lambda each: st.lists(each, max_size=3) | st.dictionaries(st.text(max_size=3), each, max_size=2),
    max_leaves=4,
)
SETTINGS = [field.name.replace("_", "-") for field in fields(Options)]
IN_POLICY = [field.name for field in fields(HybridPolicy)]


def toml(value):
    if isinstance(value, dict):
        return "{" + ", ".join(f"{toml(key)} = {toml(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list):
        return f"[{', '.join(map(toml, value))}]"
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    return repr(value) if isinstance(value, float) else json.dumps(value, ensure_ascii=False)


def is_said(value, setting):
    """Whether the option says what the file says, kind and all."""
    if isinstance(value, list):
        return isinstance(setting, tuple) and len(value) == len(setting) and all(map(is_said, value, setting))
    if isinstance(value, dict):
        return all(is_said(each, getattr(setting, key)) for key, each in value.items())
    return setting == value and isinstance(setting, type(value))


def assert_read_as_it_stands(options, text):
    section = tomllib.loads(text).get("tool", {})
    section = section.get("hybrid-harness", {}) if isinstance(section, dict) else {}
    for field in fields(Options):
        said, name = getattr(options, field.name), field.name.replace("_", "-")
        assert is_said(section[name], said) if name in section else said == field.default
    assert section.keys() <= set(SETTINGS)


@given(edited(PYPROJECT))
@example(PYPROJECT.encode())
@example(b"[tool.hybrid-harness]\ntimeout = 1" + b"0" * 400)
@example(b"[tool.hybrid-harness]\nscale = 0x" + b"F" * 5000)
@example(b"[tool.hybrid-harness]\nseed = 0x" + b"F" * 5000)
@example(b"[[tool.hybrid-harness.hybrid]]\nreason = 0x" + b"F" * 5000)
@example(b"[tool.hybrid-harness]\nonly" + b".a" * 5000 + b" = 1")
@fuzzed
def test_an_edited_pyproject(tmp_path, data):
    path = tmp_path / "pyproject.toml"
    path.write_bytes(data)
    options = read_or_refused(lambda: read_options(tmp_path), str(tmp_path), path.name)
    if options is not None:
        assert_read_as_it_stands(options, data.decode())


@given(
    rewritten(
        tomllib.loads(PYPROJECT)["tool"]["hybrid-harness"],
        TOML,
        [*SETTINGS, *IN_POLICY, "fail_on", "exmaples"],
    )
    | st.dictionaries(st.sampled_from(SETTINGS), TOML, max_size=3)
)
@fuzzed
def test_settings_of_any_kind(tmp_path, section):
    path = tmp_path / "pyproject.toml"
    lines = [f"{toml(key)} = {toml(value)}" for key, value in section.items()]
    text = "\n".join(["[tool.hybrid-harness]", *lines])
    path.write_text(text, "utf-8", newline="")
    options = read_or_refused(lambda: read_options(tmp_path), str(tmp_path), path.name)
    if options is not None:
        assert_read_as_it_stands(options, text)


# JSON

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats()
    | st.text(st.characters(), max_size=5)  # halves of surrogate pairs, too
    | st.sampled_from(["", "2031-01-02", 1, 0, 1.0, "HH208", "a::b::c::d", "select"]),
    lambda each: st.lists(each, max_size=3) | st.dictionaries(st.text(max_size=3), each, max_size=2),
    max_leaves=4,
)


def without_repetition(pairs):
    assert len(dict(pairs)) == len(pairs)
    return dict(pairs)


def understood(data):
    return json.loads(data.decode(), object_pairs_hook=without_repetition)


def is_known(document):
    """Whether JSON's ``version`` is the number 1, which true is not."""
    return document["version"] == 1 and not isinstance(document["version"], bool)


def assert_baseline(path, data):
    path.write_bytes(data)
    entries = read_or_refused(lambda: read_baseline(path), str(path), path.name)
    if entries is None:
        return
    document = understood(data)
    assert is_known(document)
    assert document.keys() == {"version", "findings"}
    for entry, written in zip(entries, document["findings"], strict=True):
        expires = None if written.get("expires") is None else dt.date.fromisoformat(written["expires"])
        assert {"reason": None, "expires": None} | written == {
            "hybrid": entry.hybrid,
            "rule": entry.rule,
            "position": entry.position,
            "reason": entry.reason or written.get("reason"),
            "expires": written.get("expires"),
        }
        assert written.get("reason") in (None, entry.reason)
        assert all((entry.hybrid, entry.rule, entry.position))
        assert entry.expires == expires


def assert_finding(path, data):
    path.write_bytes(data)
    read = read_or_refused(lambda: read_kept(str(path)), str(path), path.name)
    if read is None:
        return
    address, kept = read
    document = understood(data)
    assert is_known(document)
    assert document == {
        "version": 1,
        "finding": str(address),
        **{name: getattr(kept, name) for name in ("message", "python", "sql", "shape", "module")},
        "columns": {table: list(names) for table, names in kept.columns.items()},
        "statements": list(kept.statements),
    }


READERS = {"baseline": (BASELINE, assert_baseline), "finding": (FINDING, assert_finding)}


def written(document):
    return json.dumps(document, indent=2)


def json_reader(name):
    valid, check = READERS[name]
    keys = ["version", "findings", *valid, "hybrid", "Version"]
    texts = edited(written(valid)) | rewritten(valid, JSON, keys).map(written).map(str.encode)

    @given(texts | st.binary(max_size=40))
    @example(written(valid).encode())
    @example(written(valid).replace('"version": 1', '"version": 2, "version": 1').encode())
    @example(written(valid).replace('"version": 1', '"version": true').encode())
    @example(b"[" * 100_000)
    @fuzzed
    def test(tmp_path, data):
        check(tmp_path / f"{name}.json", data)

    return test


test_any_baseline = json_reader("baseline")
test_any_finding = json_reader("finding")


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("statements",), "DELETE FROM items"),
        (("statements",), {"DELETE FROM items": 1}),
        (("statements",), ["SELECT 1\0"]),
        (("columns",), ["items"]),
        (("columns", "items"), "id"),
        (("columns", "items"), {"id": 1}),
        (("version",), True),
        (("finding",), "shop"),
        (("more",), None),
    ],
)
def test_a_finding_that_only_looks_like_one(tmp_path, path, value):
    document = copy.deepcopy(FINDING)
    holder = document
    for key in path[:-1]:
        holder = holder[key]
    holder[path[-1]] = value
    file = tmp_path / "finding.json"
    file.write_text(written(document), "utf-8")
    with pytest.raises(UsageProblem) as caught:
        read_kept(str(file))
    assert str(caught.value) == (
        f"It is no finding that a run kept.\n  where: {file}\n"
        "  hint:  Name the finding by its address, as reports print it, and it is looked for anew."
    )


@pytest.mark.parametrize(
    ("entry", "what"),
    [
        ({"reason": 0}, "reason is 0, which is no text."),
        ({"reason": False}, "reason is False, which is no text."),
        ({"reason": []}, "reason is [], which is no text."),
        ({"rule": ""}, "An entry needs hybrid, rule, position, each a text."),
        ({"reasons": "x"}, "There is no 'reasons' in an entry."),
        ({"expires": 20311231}, "expires is 20311231, which is no date."),
    ],
)
def test_an_entry_of_a_baseline_that_says_nothing_clear(tmp_path, entry, what):
    document = copy.deepcopy(BASELINE)
    document["findings"][1] |= entry
    file = tmp_path / "baseline.json"
    file.write_text(written(document), "utf-8")
    with pytest.raises(UsageProblem) as caught:
        read_baseline(file)
    assert (caught.value.what, caught.value.where) == (what, f"finding 2 of {file}")


def test_a_baseline_with_a_key_that_nothing_reads(tmp_path):
    file = tmp_path / "baseline.json"
    file.write_text(written(BASELINE | {"finding": []}), "utf-8")
    with pytest.raises(UsageProblem, match="There is no 'finding' in a baseline"):
        read_baseline(file)


def test_a_baseline_that_a_merge_gave_two_lists(tmp_path):
    file = tmp_path / "baseline.json"
    file.write_text('{"version": 1, "findings": [], "findings": []}', "utf-8")
    with pytest.raises(UsageProblem) as caught:
        read_baseline(file)
    assert str(caught.value) == (
        f"The baseline can't be read: 'findings' is there twice.\n  where: {file}\n"
        "  hint:  Mend it by hand, or remove it and write it anew with --write-baseline."
    )


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("[tool.hybrid_harness]\nexamples = 3", "[tool.hybrid_harness]"),
        ("[tool.Hybrid-Harness]\nexamples = 3", "[tool.Hybrid-Harness]"),
        ("[tool.hybrid-harnes]", "[tool.hybrid-harnes]"),
        ("[[tool.hybrid_harness.hybrid]]\nmatch = 'A.*'", "[tool.hybrid_harness]"),
        ("[hybrid-harness]\nexamples = 3", "[hybrid-harness]"),
    ],
)
def test_a_section_whose_name_is_nearly_right(tmp_path, text, named):
    (tmp_path / "pyproject.toml").write_text(text, "utf-8")
    with pytest.raises(UsageProblem) as caught:
        read_options(tmp_path)
    assert str(caught.value) == (
        f"Nothing reads {named}.\n  where: {tmp_path / 'pyproject.toml'}\n"
        "  hint:  Did you mean [tool.hybrid-harness]?"
    )


def test_a_pyproject_with_a_byte_order_mark(tmp_path):
    (tmp_path / "pyproject.toml").write_text(PYPROJECT, "utf-8-sig")
    with pytest.raises(UsageProblem) as caught:
        read_options(tmp_path)
    assert caught.value.hint == "Save it as UTF-8 without a byte order mark."


@pytest.mark.parametrize("line", ["seed", "examples", "scale", "timeout"])
def test_a_number_that_is_too_large_to_print(tmp_path, line):
    (tmp_path / "pyproject.toml").write_text(f"[tool.hybrid-harness]\n{line} = 0x{'F' * 5000}", "utf-8")
    with pytest.raises(UsageProblem, match=f"^{line} is a value too large to show, but it must be a"):
        read_options(tmp_path)
