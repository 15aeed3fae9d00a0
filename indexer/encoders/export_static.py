"""The embedded encoder as a sentence-transformers model, for whatever else reads those.

Its table becomes the weights of a StaticEmbedding. A token the table does not know gets zeros: they
shorten the mean of a text's rows and leave its direction, which is what counts at unit length.
Every token counts 1 there, in queries and long texts too, where the embedded encoder weighs them,
and pairs of tokens have no vectors of their own: what they add on average is in the table.
"""

import shutil
from pathlib import Path

from indexer.encoders.catalog import load_encoder, table_folder
from indexer.encoders.checkpoint import require_packages
from indexer.encoders.embedded import EmbeddedEncoder
from indexer.encoders.export import SENTENCES, compared
from indexer.errors import EncoderError

_CARD = "README.md"
# What the copy's vectors reach at least, for all that it leaves out.
_LEAST = 0.9


def export_static(name: str, folder: Path) -> tuple[float, float]:
    """Write the embedded encoder in the layout of sentence-transformers; see `export_encoder`.

    :return: the mean and the lowest cosine to the encoder's own vectors of sentences.
    """
    require_packages(name)
    encoder = load_encoder(name)
    if not isinstance(encoder, EmbeddedEncoder):
        raise EncoderError(
            f"{name} is no table of token vectors: only 'embedded', or one of your own training, "
            "can be exported so."
        )
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Normalize, StaticEmbedding

    table = encoder.model.alone()
    table[encoder.unknown] = 0
    static = StaticEmbedding(encoder.tokenizer, embedding_weights=table)
    model = SentenceTransformer(modules=[static, Normalize()], device="cpu")
    model.save(str(folder), create_model_card=False)
    # The card names the text it was trained on, whose licence asks for that.
    shutil.copyfile(table_folder(name) / _CARD, folder / _CARD)
    copy = load_encoder(str(folder), device="cpu")
    return compared(encoder, copy, _LEAST, texts=SENTENCES, kinds=("document",))
