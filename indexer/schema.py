"""The tables of index.db and their numbered migrations.

SQLite is the truth; the FAISS file is a view of `passages` and `vectors`. The tables are the
contract between the index, which writes them, and the searcher, which reads them.
"""

# `path` and `root` are bytes (os.fsencode) because a file name need not be UTF-8; a folder filter
# is a range over those bytes. Times are nanoseconds since the epoch.
# A passage's id is its FAISS id. AUTOINCREMENT never hands out an id twice, so a stale view can
# never return another passage's text.
# A document without `sha256` is one whose bytes could not be read, so it is tried at every sync.
# `reader_version` and `splitter_version` are those that made the row: when one of them moves on,
# a run killed half way through the re-reading knows what it has done.
# `meta` holds: encoder (the spec as JSON) and fingerprint; generation (drawn anew when vectors
# of existing passages change); revision (counts the commits that changed passages); pruned_at (the
# revision up to which rows have been taken out of removed_passages).
# Also in `meta`: segmentation (the version that made all terms), and while they are made again,
# segmentation_begun (the version that makes them) and segmented_to (the last passage done).
# And: centring (on or off, as somebody chose) and centring_usual (for its encoder); centres (the
# version of the centres in use, 0 for none), centres_last (the last version there was), centres_of
# and centres_for (the number of passages and the generation they were found in).
# And: labels_most and labels_least (how many labels a document has at most, and from which excess
# on), labels_of (the revision, generation and centres that documents were labelled at).
# And: sentences_by (the encoder and the version that made all sentence_vectors) and sentences_to
# (the last passage done).
# `staged_vectors` is the index that `re_embed` builds beside the old one.
_FIRST = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

CREATE TABLE sources (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    root BLOB NOT NULL UNIQUE,
    ignore_rules TEXT NOT NULL DEFAULT '[]',
    added_at INTEGER NOT NULL
);

CREATE TABLE documents (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    source INTEGER NOT NULL REFERENCES sources(id) ON DELETE CASCADE,
    path BLOB NOT NULL UNIQUE,
    sha256 TEXT,
    size INTEGER NOT NULL,
    mtime INTEGER NOT NULL,
    title TEXT,
    media_type TEXT,
    language TEXT,
    language_probability REAL,
    state TEXT NOT NULL CHECK (state IN ('indexed', 'failed')),
    error TEXT,
    indexed_at INTEGER NOT NULL,
    reader_version INTEGER NOT NULL DEFAULT 0,
    splitter_version INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX documents_sha256 ON documents(sha256);
CREATE INDEX documents_source ON documents(source);
CREATE INDEX documents_language ON documents(language);

CREATE TABLE vectors (
    key BLOB PRIMARY KEY,
    fingerprint TEXT NOT NULL,
    vector BLOB NOT NULL
) WITHOUT ROWID;

CREATE TABLE passages (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    document INTEGER NOT NULL REFERENCES documents(id) ON DELETE CASCADE,
    ordinal INTEGER NOT NULL,
    start INTEGER NOT NULL,
    "end" INTEGER NOT NULL,
    text TEXT NOT NULL,
    page INTEGER,
    heading TEXT,
    language TEXT,
    language_probability REAL,
    vector_key BLOB NOT NULL REFERENCES vectors(key)
);
CREATE INDEX passages_document ON passages(document, ordinal);
CREATE INDEX passages_language ON passages(language);
CREATE INDEX passages_vector_key ON passages(vector_key);

CREATE TABLE removed_passages (id INTEGER PRIMARY KEY);
CREATE TRIGGER passages_removed AFTER DELETE ON passages
BEGIN
    INSERT OR IGNORE INTO removed_passages(id) VALUES (old.id);
END;

CREATE TABLE staged_vectors (
    old_key BLOB PRIMARY KEY,
    key BLOB NOT NULL,
    fingerprint TEXT NOT NULL,
    vector BLOB NOT NULL
) WITHOUT ROWID;

CREATE TABLE jobs (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    state TEXT NOT NULL
        CHECK (state IN ('running', 'paused', 'done', 'stopped', 'failed', 'interrupted')),
    request TEXT CHECK (request IN ('pause', 'resume', 'stop')),
    process INTEGER NOT NULL,
    host TEXT NOT NULL,
    folders TEXT NOT NULL,
    started_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    files_total INTEGER NOT NULL DEFAULT 0,
    files_done INTEGER NOT NULL DEFAULT 0,
    files_failed INTEGER NOT NULL DEFAULT 0,
    passages_done INTEGER NOT NULL DEFAULT 0,
    files_per_second REAL,
    seconds_left REAL,
    error TEXT
);
"""


# Terms come segmented and folded, separated by blanks, which is all the ascii tokenizer sees. They
# are kept as text too, because a table without content cannot delete a row before SQLite 3.43.
PASSAGES_FTS = (
    "CREATE VIRTUAL TABLE passages_fts USING fts5(words, parts, columnsize=0, tokenize='ascii')"
)
# The terms of passages that are already there are made by the next sync.
_TERMS = f"""
{PASSAGES_FTS};
CREATE TRIGGER passages_removed_terms AFTER DELETE ON passages
BEGIN
    DELETE FROM passages_fts WHERE rowid = old.id;
END;
"""


# The vectors that `centring` takes off, and those of the texts that ship, by encoder.
_CENTRES = """
CREATE TABLE centres (language TEXT PRIMARY KEY, vector BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE centring_samples (fingerprint TEXT PRIMARY KEY, vectors BLOB NOT NULL) WITHOUT ROWID;
"""


# What documents are about. `folded` is what a filter's word is compared with; `excess` is how far a
# cosine lies above what the label has in common with any document, in deviations.
_LABELS = """
CREATE TABLE labels (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    folded TEXT NOT NULL UNIQUE,
    description TEXT NOT NULL,
    threshold REAL
);
CREATE TABLE document_labels (
    document INTEGER NOT NULL REFERENCES documents(id) ON DELETE CASCADE,
    label INTEGER NOT NULL REFERENCES labels(id) ON DELETE CASCADE,
    cosine REAL NOT NULL,
    excess REAL NOT NULL,
    PRIMARY KEY (document, label)
) WITHOUT ROWID;
CREATE INDEX document_labels_label ON document_labels(label);
"""


# What `facets` keeps: the heads that read every document and the last passage they have read, and
# the names they found. `score` of a label is a cosine, or the probability a head gives it; its
# `excess` is then the same.
_FACETS = """
ALTER TABLE document_labels RENAME COLUMN cosine TO score;
CREATE TABLE heads (
    task TEXT PRIMARY KEY CHECK (task IN ('labels', 'tokens')),
    folder BLOB NOT NULL,
    revision TEXT NOT NULL,
    passages INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE TABLE entities (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    folded TEXT NOT NULL,
    name TEXT NOT NULL,
    UNIQUE (kind, folded)
);
CREATE INDEX entities_folded ON entities(folded);
CREATE TABLE passage_entities (
    passage INTEGER NOT NULL REFERENCES passages(id) ON DELETE CASCADE,
    entity INTEGER NOT NULL REFERENCES entities(id) ON DELETE CASCADE,
    count INTEGER NOT NULL,
    PRIMARY KEY (passage, entity)
) WITHOUT ROWID;
CREATE INDEX passage_entities_entity ON passage_entities(entity);
"""


# What `language_rules` keeps: `what` is a path, which is absolute, or a pattern; of several that
# match a document, the last decides. A document's own passages and itself are then in that language
# (`language_given`), and nothing is to be learnt from them about the same text elsewhere.
_LANGUAGE_RULES = """
ALTER TABLE documents ADD COLUMN language_given INTEGER NOT NULL DEFAULT 0;
CREATE TABLE language_rules (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    what BLOB NOT NULL UNIQUE,
    language TEXT NOT NULL
);
"""


# Whether the page brings a folder up to date whenever something in it changes.
_WATCHED = "ALTER TABLE sources ADD COLUMN watched INTEGER NOT NULL DEFAULT 0"


# What a job is at: in some phases it counts passages, not files.
_PHASES = "ALTER TABLE jobs ADD COLUMN phase TEXT NOT NULL DEFAULT 'indexing'"


# The vectors of each passage's sentences, end to end, as `sentence_vectors` writes them; the next
# sync makes those of passages that are already there.
_SENTENCES = """
CREATE TABLE sentence_vectors (
    passage INTEGER PRIMARY KEY REFERENCES passages(id) ON DELETE CASCADE,
    vectors BLOB NOT NULL
);
"""


MIGRATIONS: tuple[str, ...] = (
    _FIRST,
    _TERMS,
    _CENTRES,
    _LABELS,
    _FACETS,
    _LANGUAGE_RULES,
    _WATCHED,
    _PHASES,
    _SENTENCES,
)
SCHEMA_VERSION = len(MIGRATIONS)
