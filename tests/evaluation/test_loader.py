"""Rows on their way into databases that are not as the harness would have made them."""

import psycopg
import pytest
from sqlalchemy import Column, Integer, MetaData, Table, Text, create_engine, text

from harness.core.dataset import Dataset
from harness.evaluation.loader import Loader, Rejected
from harness.evaluation.transaction import back_to_loaded, roll_back

WORDS = Table("words", MetaData(), Column("id", Integer, primary_key=True), Column("word", Text))


@pytest.fixture(params=["latin1", "utf8"])
def latin(database_url, request):
    """A connection, in an encoding of its own, to a database whose texts are ISO 8859-1, with the table of words."""
    name = "latin_words"
    plain = database_url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True) as admin:
        admin.execute(
            f"CREATE DATABASE {name} ENCODING 'LATIN1' LOCALE_PROVIDER libc LOCALE 'C' TEMPLATE template0"
        )
        url = database_url.set(database=name).update_query_dict({"client_encoding": request.param})
        engine = create_engine(url)
        WORDS.metadata.create_all(engine)
        with engine.connect() as connection:
            yield connection
        engine.dispose()
        admin.execute(f"DROP DATABASE {name}")


def words(*given):
    return Dataset({"words": tuple({"id": number, "word": word} for number, word in enumerate(given))})


def test_texts_are_sent_in_the_encoding_of_the_connection(latin):
    Loader(latin, [WORDS]).load(words("é", "straße"))
    assert latin.scalars(text("SELECT length(word) FROM words ORDER BY id")).all() == [1, 6]


def test_a_text_that_the_encoding_lacks_is_refused(latin):
    loader = Loader(latin, [WORDS])
    with pytest.raises(Rejected, match=r"can't encode|has no equivalent in encoding"):
        loader.load(words("é", "日本"))
    roll_back(latin)
    loader.load(words("a"))
    assert latin.scalar(text("SELECT count(*) FROM words")) == 1


def test_percent_signs_and_quotes_stay(latin):
    loader = Loader(latin, [WORDS])
    loader.load(words("100%", "%s", "%%", "it's", "a\\b"))
    assert latin.scalars(text("SELECT word FROM words ORDER BY id")).all() == [
        "100%",
        "%s",
        "%%",
        "it's",
        "a\\b",
    ]


def test_what_an_evaluation_wrote_is_undone_and_the_rows_stay(latin):
    Loader(latin, [WORDS]).load(words("a"))
    latin.execute(text("DELETE FROM words"))
    back_to_loaded(latin)
    assert latin.scalar(text("SELECT count(*) FROM words")) == 1
    roll_back(latin)
    assert latin.scalar(text("SELECT count(*) FROM words")) == 0
