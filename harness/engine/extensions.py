"""What PostgreSQL's extensions provide, so that the server's complaint about something missing leads to the one that has it."""

import re

TYPES = {
    "citext": "citext",
    "cube": "cube",
    "geography": "postgis",
    "geometry": "postgis",
    "halfvec": "vector",
    "hstore": "hstore",
    "lquery": "ltree",
    "ltree": "ltree",
    "ltxtquery": "ltree",
    "raster": "postgis_raster",
    "seg": "seg",
    "sparsevec": "vector",
    "vector": "vector",
}
FUNCTIONS = {
    "armor": "pgcrypto",
    "crosstab": "tablefunc",
    "crypt": "pgcrypto",
    "decrypt": "pgcrypto",
    "difference": "fuzzystrmatch",
    "digest": "pgcrypto",
    "dmetaphone": "fuzzystrmatch",
    "earth_box": "earthdistance",
    "earth_distance": "earthdistance",
    "encrypt": "pgcrypto",
    "gen_random_bytes": "pgcrypto",
    "gen_salt": "pgcrypto",
    "hmac": "pgcrypto",
    "icount": "intarray",
    "idx": "intarray",
    "levenshtein": "fuzzystrmatch",
    "ll_to_earth": "earthdistance",
    "metaphone": "fuzzystrmatch",
    "pgp_sym_decrypt": "pgcrypto",
    "pgp_sym_encrypt": "pgcrypto",
    "show_trgm": "pg_trgm",
    "similarity": "pg_trgm",
    "soundex": "fuzzystrmatch",
    "strict_word_similarity": "pg_trgm",
    "unaccent": "unaccent",
    "uniq": "intarray",
    "uuid_generate_v1": "uuid-ossp",
    "uuid_generate_v1mc": "uuid-ossp",
    "uuid_generate_v3": "uuid-ossp",
    "uuid_generate_v4": "uuid-ossp",
    "uuid_generate_v5": "uuid-ossp",
    "word_similarity": "pg_trgm",
}
OPERATOR_CLASSES = {
    "gin__int_ops": "intarray",
    "gin_trgm_ops": "pg_trgm",
    "gist__int_ops": "intarray",
    "gist__intbig_ops": "intarray",
    "gist_ltree_ops": "ltree",
    "gist_trgm_ops": "pg_trgm",
    "vector_cosine_ops": "vector",
    "vector_ip_ops": "vector",
    "vector_l2_ops": "vector",
}
ACCESS_METHODS = {
    "bloom": "bloom",
    "gin": "btree_gin",
    "gist": "btree_gist",
    "hnsw": "vector",
    "ivfflat": "vector",
}
"""An access method that is missing, or one that lacks the operators of a plain type."""
NOT_IN_DOCKER = frozenset({"postgis", "postgis_raster", "vector"})
"""Extensions of others; the image ``postgres`` has PostgreSQL's own."""
COMPLAINTS = (
    (re.compile(r'type "?([\w.]+)"? does not exist'), TYPES),
    (re.compile(r"function ([\w.]+)\(.*\) does not exist"), FUNCTIONS),
    (re.compile(r'operator class "([\w.]+)" does not exist'), OPERATOR_CLASSES),
    (re.compile(r'operator class for access method "(\w+)"'), ACCESS_METHODS),
    (re.compile(r'access method "(\w+)" does not exist'), ACCESS_METHODS),
)


def extension_for(complaint: str) -> str | None:
    """The extension that has what the server's message says is missing."""
    for pattern, provided in COMPLAINTS:
        if match := pattern.search(complaint):
            name = match[1].rpartition(".")[2].lower()
            return provided.get(name) or ("postgis" if name.startswith("st_") else None)
    return None


def functions_called(sql: str) -> list[str]:
    """The names of known extensions' functions that a statement calls."""
    called = dict.fromkeys(name.lower() for name in re.findall(r"(\w+)\(", sql))
    return [name for name in called if name in FUNCTIONS]
