"""Indexing 5,000 Markdown documents of about 1.5 kB, cold, by the command a person types.

Compared with reading the same files' bytes and with the tokenizer alone on their text, in the same
run.
"""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.texts import write_documents
from indexer import load_encoder

DOCUMENTS = 5_000
CHARACTERS = 1_050  # about 1.5 kB of UTF-8 in the samples' mix of scripts


def main() -> None:
    """Print seconds and documents a second."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "documents"
        write_documents(folder, DOCUMENTS, CHARACTERS)
        paths = sorted(folder.rglob("*.md"))
        size = sum(path.stat().st_size for path in paths)
        began = time.perf_counter()
        command = [sys.executable, "-m", "ui", "index", str(folder), "--index", f"{name}/index"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        seconds = time.perf_counter() - began
        if done.returncode:
            sys.exit(done.stderr)
        began = time.perf_counter()
        texts = [path.read_text("utf-8") for path in paths]
        reading = time.perf_counter() - began
        tokenizer = load_encoder().tokenizer  # type: ignore[attr-defined]
        began = time.perf_counter()
        tokenizer.encode_batch_fast(texts, add_special_tokens=False)
        tokenizing = time.perf_counter() - began
    print(
        f"{DOCUMENTS:,} documents of {size / DOCUMENTS:,.0f} bytes: {seconds:.1f} s, "
        f"{DOCUMENTS / seconds:,.0f} documents/s; reading the bytes alone takes {reading:.1f} s, "
        f"tokenizing alone {tokenizing:.1f} s"
    )


if __name__ == "__main__":
    main()
