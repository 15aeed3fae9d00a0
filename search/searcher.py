"""The one entry to a search: a query or a document in, ranked documents out.

It orders the steps (take the query apart, filter, retrieve by meaning and by words, fuse, rank,
read the rows, choose snippets) and holds none of them; each has its module.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from indexer import paths
from indexer.centring import query_languages
from indexer.database import read_meta
from indexer.documents import Passage
from indexer.encoders.protocol import Encoder
from indexer.errors import EncoderMismatchError, QueryError
from indexer.facets import entities_by_passage
from indexer.index import Index
from indexer.labelling import labels_by_document
from indexer.language_tags import UNDETERMINED
from indexer.neighbours import among
from indexer.passage_sentences import first_sentence
from indexer.passages import embedded_text
from indexer.sentence_vectors import has_all
from search import asking, columns, lexical, query_filters, spreading
from search.asking import unit
from search.background import Background
from search.best_sentences import BestSentences, added
from search.columns import GONE, Columns, Ids
from search.confidence import NOTHING_ANSWERS, Judge, nothing_answers, words_confidence
from search.explaining import WordShare
from search.filters import Filters, all_but, allowed_ids, path_bytes
from search.hits import Hit, PassageHit
from search.nearest import Nearest, Vector
from search.query import Query
from search.ranking import Candidate, LexicalMatch, fuse, rank, reranked
from search.reading import meet_words, read

if TYPE_CHECKING:
    from search.reranking import Reranker

Mode = Literal["hybrid", "dense", "lexical"]

# Passages asked for, for each document wanted: in folders of articles the first ten documents
# hold about twenty of the nearest fifty passages, so one round is nearly always enough.
PASSAGES_PER_HIT = 5
# Lists are fused as if at least this many documents were wanted, so that the first few are the same
# whatever the limit.
LEAST_LIMIT = 10
# Documents compared with one another for copies and for spreading, for each document wanted: few,
# unless so many are copies that the page would not be full.
COMPARED = 3
MOST_COMPARED = 20
# A new sample of the index is taken when it has grown or shrunk by this share.
RESAMPLED = 0.1
# When one document fills a round, the next round asks for this many times more.
GROWTH = 4
# Passages of the lexical list that take part in a fusion. Those further down would score under two
# fifths of the first, and reading their cosines costs time.
LEXICAL_PASSAGES = 100
# From this probability on a passage's language is no mere guess.
SURE = 0.5
# Languages considered for a query that seems to be in none of the index, and how much less likely
# such a language is taken to be.
LIKELIEST = 8
FROM_AFAR = 0.05

# One statement for all passages of a round. An id that has left the index gives no row, so its
# passage is passed over; ids are never reused, so no row can be another passage's.
_ROWS = """
SELECT p.id, p.document, p.ordinal, p.start, p."end", p.text, p.page, p.heading, p.language,
       d.path, d.title, d.media_type, d.mtime, d.language
FROM json_each(?) AS wanted
CROSS JOIN passages AS p ON p.id = wanted.value
CROSS JOIN documents AS d ON d.id = p.document
"""

_LANGUAGES = f"""
SELECT document, language, count(*) FROM passages
WHERE document IN (SELECT value FROM json_each(?))
AND language != '{UNDETERMINED}' AND language_probability >= ? GROUP BY document, language
"""


@dataclass(frozen=True, slots=True)
class _Row:
    id: int
    document: int
    ordinal: int
    start: int
    end: int
    text: str
    page: int | None
    heading: str | None
    language: str | None
    path: bytes
    title: str | None
    media_type: str | None
    mtime: int
    document_language: str | None


@dataclass(frozen=True, slots=True)
class _Asked:
    """What one search is for.

    :param texts: what is encoded, with weights; none where a document is the query.
    :param vector: float32 [d] of unit length, or None where there is none.
    :param limit: the most documents.
    :param held: the documents and languages of all passages, at one moment of the search.
    :param judge: what cosines of this query mean; None where there is no vector.
    :param nearest: the passages by their nearness; None where there is no vector.
    :param sentences: those of passages beside the vector; None where they do not count.
    :param matches: what its words found.
    :param without: a document that is no hit.
    :param balance: whether to spread over languages.
    :param diverse: whether to spread over what is said.
    :param explain: whether each best passage comes with its words' shares.
    :param query: the query as a person reads it.
    :param reranker: what reads the first passages again.
    """

    texts: tuple[tuple[str, float], ...]
    vector: Vector | None
    limit: int
    held: Columns
    judge: Judge | None = None
    nearest: Nearest | None = None
    sentences: BestSentences | None = None
    matches: tuple[LexicalMatch, ...] = ()
    without: int | None = None
    balance: bool = False
    diverse: bool = False
    explain: bool = False
    query: str = ""
    reranker: "Reranker | None" = None


@dataclass(frozen=True, slots=True)
class _Found:
    """A document of a page of results: its passages, and the documents that are copies of it."""

    group: tuple[Candidate, ...]
    copies: tuple[int, ...] = ()


class Searcher:
    """Searches one index.

    :param index: an open index; its encoder loads with the first query.
    :param even: whether what a language adds to cosines is taken off; only measurements say no.
    """

    def __init__(self, index: Index, even: bool = True) -> None:
        self.index = index
        self._even = even
        self._sample: tuple[tuple[str, int | None], Background] | None = None
        self._read: Columns | None = None

    @property
    def notice(self) -> str | None:
        """What a person must know about every answer of this index, or None.

        An upgrade may change the encoder; the index then answers by words until it is re-embedded.
        """
        if self._encoder() is not None:
            return None
        return (
            f"The encoder {self.index.spec.name!r} has changed since this index was made, so only "
            "the words of a query are looked for: run `crosstongue index --re-embed` to search by "
            "meaning again."
        )

    def ready(self, queries: Sequence[Query]) -> list[Query]:
        """Encode queries in one call, for a search each; as they are if words alone are left."""
        encoder = self._encoder()
        return list(queries) if encoder is None else asking.encoded(queries, encoder)

    def meet_words(self) -> None:
        """Cut the words of the index's passages now, which searches else do as they meet them.

        It takes seconds, searches go on meanwhile, and the first ones afterwards take a tenth or
        two less time: for a process that answers many. Nothing is done where the encoder keeps no
        words.
        """
        meet_words(self.index.connection, self._encoder(), self._columns().ids)

    def notice_of(self, hits: Sequence[Hit]) -> str | None:
        """Return what a person must know about an answer: `notice`, or that all of it is noise."""
        return self.notice or (NOTHING_ANSWERS if nothing_answers(hits) else None)

    def search(
        self,
        query: str | Query,
        limit: int = 10,
        languages: Iterable[str] | str | None = None,
        folders: Iterable[str | Path] | str | Path | None = None,
        types: Iterable[str] | str | None = None,
        after: str | date | None = None,
        before: str | date | None = None,
        scripts: Iterable[str] | str | None = None,
        labels: Iterable[str] | str | None = None,
        entities: Iterable[str] | str | None = None,
        mode: Mode = "hybrid",
        balance: bool = False,
        diverse: bool = False,
        explain: bool = False,
        reranker: "Reranker | None" = None,
    ) -> list[Hit]:
        """Find the documents that answer a query, in any language.

        :param query: a word, a sentence or a whole text. `"a phrase"` and `word^2` weigh in the
            search for words; `-word` and `-"a phrase"` leave passages out that hold them;
            `+word` and `+"a phrase"` are texts of their own in the search by meaning, and what
            stands after `-` is taken away from them; `lang:de,ja`, `script:Cyrl`, `path:reports/`,
            `type:pdf`, `after:2024`, `before:2024`, `label:law` and `entity:Paris` filter, and
            `-lang:de` filters out. A `Query` comes from `asking` and may be `ready`.
        :param limit: the most documents to return.
        :param languages: BCP-47 codes; `zh` covers zh-Hans and zh-Hant, `no` covers nb and nn.
        :param folders: folders (or files) the document must be in.
        :param types: extensions or media types, such as `pdf`, `markdown` or `text/html`.
        :param after: the file was last changed on this date (ISO 8601) or later.
        :param before: the file was last changed before this date.
        :param scripts: ISO 15924 codes of scripts that the language is written in, such as `Cyrl`.
        :param labels: labels of the index, any of which the document may have.
        :param entities: names, any of which the document may hold, as a head of the index found it.
        :param mode: "hybrid" searches by meaning and by words, "dense" by meaning alone and
            "lexical" by words alone. Words never keep out what is near in meaning.
        :param balance: spread the hits over languages.
        :param diverse: spread them over what is said (maximal marginal relevance).
        :param explain: say of each document's best passage which words matched, and how much.
        :param reranker: reads the first passages again, beside the query, and orders them.
        :return: the hits, best first; empty where nothing passes the filters.
        :raises QueryError: if the query is empty or a filter means nothing.
        :raises EncoderMismatchError: in mode "dense", if the index's encoder has changed.
        """
        filters = Filters.asked(
            *(languages, folders, types, after, before, scripts), labels=labels, entities=entities
        )
        asked = asking.typed(query) if isinstance(query, str) else query
        within, without = query_filters.asked(asked.filters)
        _check_limit(limit)
        held = self._columns()
        allowed = allowed_ids(self.index.connection, held, (filters, within), without)
        if asked.unwanted:
            unwanted = lexical.holding_any(self.index.connection, asked.unwanted)
            allowed = all_but(held, unwanted, allowed)
        if allowed is not None and not allowed.size:
            return []
        encoder = self.index.encoder if mode == "dense" else self._encoder()
        if asked.vector is None and encoder is not None:
            asked = asking.encoded([asked], encoder, languages=False)[0]
        vector = self._centred(asked)
        judge = None if vector is None else self.judge(vector)
        nearest, sentences = None, self._sentences(vector, held)
        if vector is not None and judge is not None:
            nearest = self._by_nearness(vector, judge, limit, held, allowed, sentences)
        matches: list[LexicalMatch] = []
        if nearest is not None and mode == "hybrid":
            nearest.begin()
        if mode != "dense":
            most = max(LEXICAL_PASSAGES, PASSAGES_PER_HIT * limit)
            matches = self._matches(asked, nearest, most, allowed)
        search = _Asked(
            asked.weighted,
            vector,
            limit,
            held,
            judge,
            nearest,
            sentences,
            tuple(matches),
            balance=balance,
            diverse=diverse,
            explain=explain,
            query=asked.text,
            reranker=reranker,
        )
        if mode == "lexical" or vector is None or not vector.any():
            return self._from_words(search)
        return self._nearest(search)

    def similar(self, path: str | Path, passage: int | None = None, limit: int = 10) -> list[Hit]:
        """Find the documents nearest to a document of the index, or to one passage of it.

        :param path: the document's file.
        :param passage: the passage's ordinal, from 0; without it the whole document counts, as
            the mean of its passages' vectors.
        :param limit: the most documents to return; the document itself is never among them.
        :raises QueryError: if the document or the passage is not in the index.
        """
        document = self._document(path)
        ids = [
            (int(row[0]), int(row[1]))
            for row in self.index.connection.execute(
                "SELECT id, ordinal FROM passages WHERE document = ? ORDER BY ordinal", [document]
            )
        ]
        chosen = [id for id, ordinal in ids if passage is None or ordinal == passage]
        if not chosen:
            raise QueryError(_no_passage(path, passage, len(ids)))
        vectors = self.index.vectors.rows(np.array(chosen, dtype=np.int64))
        _check_limit(limit)
        vector = unit(vectors.mean(axis=0))
        judge, held = self.judge(vector), self._columns()
        nearest = self._by_nearness(vector, judge, limit, held)
        return self._nearest(_Asked((), vector, limit, held, judge, nearest, without=document))

    def query_language(self, query: str | Query, given: str | None = None) -> tuple[str, float]:
        """Guess the language a query is in.

        A language of the index, or English, is taken to be likelier than others.

        :param given: a BCP-47 code that is taken instead of a guess.
        :return: a BCP-47 code and its probability; ("und", 0.0) where the encoder of the index
            does not tell languages apart.
        :raises QueryError: if the query is empty, or `given` is no language.
        """
        asked = asking.typed(query) if isinstance(query, str) else query
        if given is not None:
            from search.languages import checked  # the language tables load only for this

            return checked(given), 1.0
        if asked.language is None:
            asked = self.ready([asked])[0]
        language, probability = asked.language or (UNDETERMINED, 0.0)
        at_home = self._background().languages
        if language in at_home or language == UNDETERMINED:
            return language, probability
        # Two or three words may be in any of many languages. People mostly ask in one that they
        # have documents in, or in English.
        tell = getattr(self._encoder(), "likeliest_languages", None)
        likeliest = [] if tell is None else tell([asked.text], LIKELIEST)[0]
        home = {*at_home, "en"}
        weighed = {code: p if code in home else FROM_AFAR * p for code, p in likeliest}
        if not any(weighed.values()):
            return language, probability
        best = max(weighed, key=lambda code: weighed[code])
        return best, weighed[best] / sum(weighed.values())

    def _centred(self, asked: Query) -> Vector | None:
        """Return a query's vector as it is compared with those of the index."""
        centres = self.index.centres
        if asked.vector is None or centres is None:
            return asked.vector
        return centres.query(asked.vector, query_languages(asked.text))

    def _encoder(self) -> Encoder | None:
        """Return the index's encoder, or None if it is another one by now."""
        try:
            return self.index.encoder
        except EncoderMismatchError:
            return None

    def _matches(
        self, query: Query, nearest: Nearest | None, most: int, allowed: Ids | None
    ) -> list[LexicalMatch]:
        """Look for the query's words; of equally good passages keep those nearest in meaning."""
        passages = self.index.vectors.warm()
        found = lexical.search(self.index.connection, query, passages)
        ids, shares = found.ids, found.shares
        if allowed is not None and len(ids):
            passes = among(ids, allowed)
            ids, shares = ids[passes], shares[passes]
        cosines: dict[int, float] = {}
        if len(ids) > most:
            least = np.partition(shares, -most)[-most]
            better, equal = ids[shares > least], ids[shares == least]
            kept = equal[: most - len(better)]
            if nearest is not None:
                cosines = nearest.among(equal, most - len(better))
                kept = np.array(sorted(cosines), np.int64)
            chosen = among(ids, np.concatenate([better, kept]))
            ids, shares = ids[chosen], shares[chosen]
        if nearest is not None:
            cosines |= nearest.among(ids, len(ids))
        return [
            LexicalMatch(id, share, cosines.get(id))
            for id, share in zip(ids.tolist(), shares.tolist(), strict=True)
        ]

    def _by_nearness(
        self,
        vector: Vector,
        judge: Judge,
        limit: int,
        held: Columns,
        allowed: Ids | None = None,
        sentences: BestSentences | None = None,
    ) -> Nearest:
        return Nearest(
            self.index.vectors, vector, allowed, held, judge.offsets, _wanted(limit), sentences
        )

    def _sentences(self, vector: Vector | None, held: Columns) -> BestSentences | None:
        """Return the sentences of passages beside a query, where they are compared as passages are.

        Their vectors are as the encoder gave them, so no centres may have been taken off; and where
        many are missing, the passages that have some would come first.
        """
        if vector is None or not len(held.ids) or self.index.centres is not None:
            return None
        connection = self.index.connection
        return BestSentences(connection, vector) if has_all(connection, held.ids[-1]) else None

    def judge(self, vector: Vector) -> Judge:
        """Return what cosines of a query mean in this index.

        :param vector: float32 [d], the query's unit vector.
        """
        background = self._background()
        offsets = background.offsets(vector) if self._even else {}
        return Judge(background, background.null(vector), offsets)

    def _columns(self) -> Columns:
        """Return the columns of all passages, read anew when a commit has changed passages."""
        connection = self.index.connection
        if self._read is None or self._read.revision != columns.revision(connection):
            self._read = columns.read(connection)
        return self._read

    def _background(self) -> Background:
        """Return a sample of the index, a new one when the index has become another."""
        passages = self.index.vectors.warm()
        centres = self.index.centres
        version = None if centres is None else centres.version
        state = read_meta(self.index.connection)["generation"], version
        if self._sample is not None:
            of, sample = self._sample
            if of == state and abs(passages - sample.passages) <= RESAMPLED * sample.passages:
                return sample
        own = getattr(self._encoder(), "background", None)
        sample = Background.sampled(self.index.connection, self.index.spec.dimension, own, centres)
        self._sample = state, sample
        return sample

    def _from_words(self, asked: _Asked) -> list[Hit]:
        rows: dict[int, _Row] = {}
        groups = self._reranked(_groups(fuse([], asked.matches), asked), rows, asked)
        return self._hits(self._page(groups, rows, asked), rows, asked)

    def _nearest(self, asked: _Asked) -> list[Hit]:
        """Retrieve passages until enough documents are found or none is left."""
        # Where the encoder knows nothing of the query, every passage would be equally far.
        if asked.nearest is None or asked.vector is None or not asked.vector.any():
            return []
        rows: dict[int, _Row] = {}
        wanted = _wanted(asked.limit)
        while True:
            found, all_found = asked.nearest.first(wanted)
            groups = _groups(fuse(found, asked.matches), asked)
            page = self._page(groups, rows, asked)
            # Documents that words alone found fill no place of one that is near in meaning.
            ids = np.array([id for id, _ in found], np.int64)
            near = {*asked.held.documents_of(ids)} - {GONE, asked.without}
            full = len(page) >= asked.limit or len(groups) >= MOST_COMPARED * asked.limit
            if all_found or (full and len(near) >= asked.limit):
                break
            wanted *= GROWTH
        if asked.reranker is not None:
            page = self._page(self._reranked(groups, rows, asked), rows, asked)
        return self._hits(page, rows, asked)

    def _reranked(
        self, groups: list[tuple[Candidate, ...]], rows: dict[int, _Row], asked: _Asked
    ) -> list[tuple[Candidate, ...]]:
        """Let the reranker, if there is one, order the first passages."""
        if asked.reranker is None:
            return groups
        ordered = sorted(
            (one for group in groups for one in group), key=lambda one: (-one.score, one.passage)
        )
        depth = asked.reranker.depth
        self._read_rows([one.passage for one in ordered[:depth]], rows)
        first = [one for one in ordered[:depth] if one.passage in rows]
        scores = asked.reranker.scores(asked.query, [_embedded(rows[one.passage]) for one in first])
        rest = ordered[depth:]
        return reranked([*first, *rest], [*scores, *(None for _ in rest)])

    def _page(
        self, groups: list[tuple[Candidate, ...]], rows: dict[int, _Row], asked: _Asked
    ) -> list[_Found]:
        """Choose and order the documents of a page: no copies, and spread if that is wanted."""
        for count in (COMPARED * asked.limit, MOST_COMPARED * asked.limit):
            page = self._spread(groups[:count], rows, asked)
            if len(page) >= asked.limit or count >= len(groups):
                break
        return page

    def _spread(
        self, groups: list[tuple[Candidate, ...]], rows: dict[int, _Row], asked: _Asked
    ) -> list[_Found]:
        best = [group[0] for group in groups]
        ids = np.array([one.passage for one in best], np.int64)
        vectors, languages = self.index.vectors.rows(ids), asked.held.languages_of(ids)
        alike = spreading.alike(languages, vectors)
        # Most others are no copies and on no page, so they are not read.
        compared = np.flatnonzero(alike.any(axis=1)).tolist()
        looked_at = {*range(min(asked.limit, len(best))), *compared}
        self._read_rows([best[place].passage for place in looked_at], rows)
        gone = {place for place in looked_at if best[place].passage not in rows}
        if gone:
            left = [group for place, group in enumerate(groups) if place not in gone]
            return self._spread(left, rows, asked)
        texts = {place: rows[best[place].passage].text for place in compared}
        first = spreading.copies(texts, alike)
        kept = [place for place, of in enumerate(first) if of == place]
        if asked.balance:
            kept = [kept[place] for place in spreading.over_languages([languages[p] for p in kept])]
        elif asked.diverse:
            nearness = _nearness([best[place] for place in kept], asked)
            relevance = [min(1.0, nearness[best[place].passage]) for place in kept]
            kept = [kept[place] for place in spreading.diverse(relevance, vectors[kept])]
        return [
            _Found(
                groups[place],
                tuple(best[at].document for at, of in enumerate(first) if of == place != at),
            )
            for place in kept[: asked.limit]
        ]

    def _read_rows(self, ids: list[int], rows: dict[int, _Row]) -> None:
        """Read the passages that are not among those of this search yet."""
        missing = json.dumps([id for id in ids if id not in rows])
        rows.update((row[0], _Row(*row)) for row in self.index.connection.execute(_ROWS, [missing]))

    def _hits(self, page: list[_Found], rows: dict[int, _Row], asked: _Asked) -> list[Hit]:
        self._read_rows([found.passage for one in page for found in one.group], rows)
        page = [found for found in page if all(one.passage in rows for one in found.group)]
        # A document's best passage gets a snippet, its others open with their first sentence.
        shown = [rows[found.group[0].passage] for found in page]
        holds = {match.passage: match.share for match in asked.matches}
        passages = [found.passage for one in page for found in one.group]
        names = entities_by_passage(self.index.connection, passages)
        shown_documents = [row.document for row in shown]
        paths_of = self._paths([document for found in page for document in found.copies])
        labels = labels_by_document(self.index.connection, shown_documents)
        languages = self._languages(shown_documents)
        nearness = _nearness([one for found in page for one in found.group], asked)
        spans: dict[int, tuple[int, int]] = {}
        words: dict[int, tuple[WordShare, ...]] = {}
        encoder = self._encoder()
        if asked.vector is not None and encoder is not None:
            ids = [row.id for row in shown]
            texts, embedded = [row.text for row in shown], [_embedded(row) for row in shown]
            compared = None
            if asked.explain and self.index.centres is not None:
                compared = asked.vector, self.index.vectors.rows(np.array(ids, np.int64))
            texts_asked = asked.texts if asked.explain else ()
            told = () if asked.sentences is None else asked.sentences.cosines(ids)
            chosen, shares = read(
                texts, embedded, encoder, asked.vector, texts_asked, compared, told
            )
            spans = dict(zip(ids, chosen, strict=True))
            words = dict(zip(ids, shares, strict=True))

        def passage(found: Candidate) -> PassageHit:
            row = rows[found.passage]
            span = spans.get(row.id) or first_sentence(row.text)
            return _passage_hit(row, found, span, words.get(row.id, ()), names.get(row.id, ()))

        def confidence(found: Candidate) -> float:
            share = holds.get(found.passage, 0.0)
            if asked.judge is None or found.cosine is None:
                return words_confidence(share)
            language = rows[found.passage].language
            return asked.judge.confidence(nearness[found.passage], language, share)

        return [
            _hit(
                found.group,
                rows[found.group[0].passage],
                passage,
                max(map(confidence, found.group)),
                tuple(paths_of[document] for document in found.copies),
                labels.get(found.group[0].document, ()),
                languages.get(found.group[0].document, ()),
            )
            for found in page
        ]

    def _languages(self, documents: list[int]) -> dict[int, tuple[tuple[str, float], ...]]:
        """Return the languages that the passages of some documents are surely in."""
        found: dict[int, dict[str, int]] = {}
        for document, language, count in self.index.connection.execute(
            _LANGUAGES, [json.dumps(documents), SURE]
        ):
            found.setdefault(document, {})[language] = count
        return {
            document: tuple(
                (language, count / sum(counts.values()))
                for language, count in sorted(counts.items(), key=lambda one: (-one[1], one[0]))
            )
            for document, counts in found.items()
        }

    def _paths(self, documents: list[int]) -> dict[int, Path]:
        found = self.index.connection.execute(
            "SELECT id, path FROM documents WHERE id IN (SELECT value FROM json_each(?))",
            [json.dumps(documents)],
        )
        return {id: paths.to_path(path) for id, path in found}

    def _document(self, path: str | Path) -> int:
        shown = paths.display(path)
        row = self.index.connection.execute(
            "SELECT id, state, error FROM documents WHERE path = ?", [path_bytes(path)]
        ).fetchone()
        if row and row[1] == "failed":
            raise QueryError(f"{shown} could not be read when it was indexed: {row[2]}")
        if row:
            return int(row[0])
        raise QueryError(
            f"{shown} is not in the index; index its folder first (`crosstongue index`)."
        )


def _wanted(limit: int) -> int:
    """Return how many passages are asked for first."""
    return max(limit, LEAST_LIMIT) * PASSAGES_PER_HIT


def _groups(
    fused: dict[int, tuple[float | None, float]], asked: _Asked
) -> list[tuple[Candidate, ...]]:
    """Put passages under their documents, best first; those that have left fall away."""
    documents = asked.held.documents_of(np.fromiter(fused, np.int64, len(fused)))
    return rank(
        Candidate(id, document, cosine, score)
        for (id, (cosine, score)), document in zip(fused.items(), documents, strict=True)
        if document not in (GONE, asked.without)
    )


def _nearness(candidates: Sequence[Candidate], asked: _Asked) -> dict[int, float]:
    """Return the cosine of each passage with what its best sentence adds, as they were ordered."""
    ids = [one.passage for one in candidates]
    more: Vector = np.zeros(len(ids), np.float32)
    if asked.sentences is not None and asked.judge is not None:
        languages = asked.held.languages_of(np.array(ids, np.int64))
        even = map(asked.judge.even, asked.sentences.known(ids).tolist(), languages)
        more = added(np.fromiter(even, np.float32, len(ids)))
    return {
        one.passage: (one.cosine or 0.0) + float(plus)
        for one, plus in zip(candidates, more, strict=True)
    }


def _hit(
    group: tuple[Candidate, ...],
    row: _Row,
    passage: Callable[[Candidate], PassageHit],
    confidence: float,
    copies: tuple[Path, ...],
    labels: tuple[str, ...],
    languages: tuple[tuple[str, float], ...],
) -> Hit:
    best = group[0]
    return Hit(
        path=paths.to_path(row.path),
        title=row.title,
        media_type=row.media_type,
        modified=datetime.fromtimestamp(row.mtime / 1e9).astimezone(),
        language=row.document_language or UNDETERMINED,
        score=best.score,
        cosine=best.cosine,
        confidence=confidence,
        copies=copies,
        passages=tuple(map(passage, group)),
        labels=labels,
        languages=languages,
    )


def _embedded(row: _Row) -> str:
    return embedded_text(Passage(0, 0, len(row.text), row.text, heading=row.heading), row.title)


def _passage_hit(
    row: _Row,
    found: Candidate,
    span: tuple[int, int],
    words: tuple[WordShare, ...],
    entities: tuple[tuple[str, str], ...],
) -> PassageHit:
    start, end = span
    return PassageHit(
        id=row.id,
        ordinal=row.ordinal,
        text=row.text,
        start=row.start,
        end=row.end,
        page=row.page,
        heading=row.heading,
        language=row.language or UNDETERMINED,
        cosine=found.cosine,
        snippet=row.text[start:end],
        snippet_start=row.start + start,
        words=words,
        reranked=found.reranked,
        entities=entities,
    )


def _check_limit(limit: int) -> None:
    if limit < 1:
        raise QueryError(f"The limit is {limit}; ask for at least 1 document.")


def _no_passage(path: str | Path, passage: int | None, count: int) -> str:
    if not count:
        return f"{paths.display(path)} has no text to compare."
    return f"{paths.display(path)} has no passage #{passage}; its passages are #0 to #{count - 1}."
