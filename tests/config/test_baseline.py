"""The baseline file: what is written is read again, and whatever else stands there is refused in words."""

import datetime as dt
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.config.baseline import Entry, read_baseline, rendered
from harness.core.errors import UsageProblem

TEXT = st.text(max_size=8)
NAME = st.text(min_size=1, max_size=8)
ENTRIES = st.builds(Entry, NAME, NAME, NAME, TEXT, st.none() | st.dates())
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)
ONE_FOLDER = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60
)


@given(st.lists(ENTRIES, max_size=4))
@ONE_FOLDER
def test_what_is_written_is_read_again(tmp_path, entries):
    path = tmp_path / "baseline.json"
    path.write_text(rendered(entries), encoding="utf-8")
    assert set(read_baseline(path)) == set(entries)


def test_no_file_knows_nothing(tmp_path):
    assert read_baseline(tmp_path / "none.json") == ()


@given(
    JSON
    | st.fixed_dictionaries({"version": st.just(1), "findings": JSON})
    | st.fixed_dictionaries(
        {
            "version": st.just(1),
            "findings": st.lists(
                st.dictionaries(
                    st.sampled_from(["hybrid", "rule", "position", "reason", "expires", "x"]), JSON
                )
            ),
        }
    )
)
@ONE_FOLDER
def test_other_json_is_a_baseline_or_refused(tmp_path, document):
    path = tmp_path / "baseline.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    refusal = None
    try:
        assert len(read_baseline(path)) == len(document["findings"])
    except UsageProblem as problem:
        refusal = problem
    assert refusal is None or (str(path) in refusal.where and refusal.hint)


@given(st.binary(max_size=40))
@ONE_FOLDER
def test_other_bytes_are_refused(tmp_path, data):
    path = tmp_path / "baseline.json"
    path.write_bytes(data)
    with pytest.raises(UsageProblem):
        read_baseline(path)


def test_a_date_that_is_none(tmp_path):
    path = tmp_path / "baseline.json"
    entry = {"hybrid": "A.b", "rule": "HH208", "position": "select", "expires": "soon"}
    path.write_text(json.dumps({"version": 1, "findings": [entry]}))
    with pytest.raises(UsageProblem, match="expires is 'soon', which is no date"):
        read_baseline(path)
    path.write_text(json.dumps({"version": 1, "findings": [{**entry, "expires": "2031-01-02"}]}))
    assert read_baseline(path)[0].expires == dt.date(2031, 1, 2)
