"""Where a checkpoint lies: a folder, the hub's cache, or the hub; and what it says of itself.

Everything is loaded from the folder found here, so a loader never reaches the network by itself.
"""

import hashlib
import importlib.util
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from indexer.errors import EncoderError

INSTALL = "pip install 'crosstongue[encoders]'"
_HUB_ID = re.compile(r"[\w.-]+/[\w.-]+")
_READ = {".json", ".txt", ".model", ".safetensors", ".bin"}
# Other runtimes' weights, of which hubs hold gigabytes beside the ones loaded here.
_NEVER = ["*.h5", "*.msgpack", "*.onnx*", "*.ot", "*.tflite", "onnx/*", "openvino/*", "coreml/*"]


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A checkpoint on this machine.

    :param name: a hub id, or the absolute path of a folder.
    :param folder: where its files are.
    :param revision: the hub's commit, or a checksum of a local folder's files.
    """

    name: str
    folder: Path
    revision: str

    @property
    def is_sentence_model(self) -> bool:
        """Whether sentence-transformers wrote it, with pooling of its own."""
        return (self.folder / "modules.json").is_file()

    @property
    def is_raw(self) -> bool:
        """Whether it is a masked-language model as pretrained, never taught what is alike."""
        kinds = self.json("config.json").get("architectures") or []
        raw = any(str(kind).endswith(("ForMaskedLM", "ForPreTraining")) for kind in kinds)
        return raw and not self.is_sentence_model

    @property
    def has_safetensors(self) -> bool:
        """Whether any weights are there as safetensors."""
        return any(self.folder.rglob("*.safetensors"))

    @property
    def prompts(self) -> tuple[str, str]:
        """What its authors put before a query and before a document, by the names they use."""
        config = self.json("config_sentence_transformers.json")
        prompts = config.get("prompts") or {}
        usual = prompts.get(config.get("default_prompt_name") or "") or ""
        # One that is there and empty was left empty on purpose.
        found = [prompts[name] for name in ("document", "passage", "corpus") if name in prompts]
        return prompts.get("query", usual), found[0] if found else usual

    @property
    def transformer_folder(self) -> Path:
        """The folder of the transformer itself.

        :raises EncoderError: if its first module is none, so that it has no layers to pool.
        """
        if not self.is_sentence_model:
            return self.folder
        first = self.json("modules.json")[0]
        if not str(first["type"]).endswith("Transformer"):
            kind = str(first["type"]).rpartition(".")[2]
            raise EncoderError(
                f"{self.name} is a {kind} and no transformer: it has no layers, and no pooling but "
                "its own."
            )
        return self.folder / str(first["path"])

    def json(self, file: str) -> Any:  # noqa: ANN401 - whatever the file holds
        """Read a file of the checkpoint; an empty object if there is none.

        :raises EncoderError: if it is not JSON.
        """
        path = self.folder / file
        try:
            return json.loads(path.read_text("utf-8")) if path.is_file() else {}
        except ValueError as error:
            raise EncoderError(f"{path} is damaged ({error}).") from error


def require_packages(name: str) -> None:
    """Make sure that what runs a transformer is installed, without importing it.

    :raises EncoderError: with the command that installs it.
    """
    needed = ("torch", "transformers", "sentence_transformers")
    missing = [package for package in needed if importlib.util.find_spec(package) is None]
    if missing:
        raise EncoderError(
            f"The encoder {name!r} needs {', '.join(missing)}, which the base installation leaves "
            f"out: run `{INSTALL}`."
        )


def may_be_one(name: str) -> bool:
    """Whether a name is a folder, or a path or hub id to look for."""
    path = Path(name).expanduser()
    return path.is_dir() or path.is_absolute() or bool(_HUB_ID.fullmatch(name))


def find_checkpoint(name: str, revision: str | None = None) -> Checkpoint:
    """Find a checkpoint, and fetch it from the hub if it is not here and there is a network.

    :param name: a folder or a hub id.
    :param revision: a commit, branch or tag of the hub; None means its main branch.
    :raises EncoderError: if it is nowhere, or the folder holds no checkpoint.
    """
    folder = Path(name).expanduser()
    if folder.is_absolute() and not folder.is_dir():
        raise EncoderError(f"There is no folder {folder}, and so no encoder in it.")
    if not folder.is_dir():
        return _from_hub(name, revision)
    if revision is not None:
        raise EncoderError(f"{name} is a folder, and a folder has no revisions: leave that out.")
    folder = folder.resolve()
    if not _is_whole(folder):
        raise EncoderError(
            f"{folder} holds no encoder: an encoder is a config.json, a tokenizer and weights "
            "(model.safetensors or pytorch_model.bin)."
        )
    return Checkpoint(str(folder), folder, _checksum(folder))


def is_here(name: str, revision: str | None = None) -> bool:
    """Whether a checkpoint is on this machine, so that loading it asks no hub.

    :param name: a folder or a hub id.
    :param revision: of the hub; None means its main branch.
    """
    folder = Path(name).expanduser()
    if folder.is_absolute() or folder.is_dir():
        return folder.is_dir() and _is_whole(folder)
    return bool(_HUB_ID.fullmatch(name)) and _cached(name, revision) is not None


def _cached(name: str, revision: str | None) -> Path | None:
    """Return the folder of the hub's cache that holds a whole checkpoint, if there is one."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import LocalEntryNotFoundError

    try:
        folder = Path(snapshot_download(name, revision=revision, local_files_only=True))
    except (LocalEntryNotFoundError, ValueError):
        return None
    return folder if _is_whole(folder) else None


def _from_hub(name: str, revision: str | None) -> Checkpoint:
    from huggingface_hub import constants, snapshot_download
    from huggingface_hub.errors import HfHubHTTPError

    folder = _cached(name, revision)
    if folder is not None:
        return Checkpoint(name, folder, folder.name)
    if constants.is_offline_mode():
        raise EncoderError(_not_here(name, revision, "HF_HUB_OFFLINE is set"))
    try:
        ignored = [*_NEVER, "*.bin", "*.pt", "*.pth"]
        folder = Path(snapshot_download(name, revision=revision, ignore_patterns=ignored))
        if not any(folder.rglob("*.safetensors")):
            folder = Path(snapshot_download(name, revision=revision, ignore_patterns=_NEVER))
    except HfHubHTTPError as error:
        reason = str(error).strip().splitlines()[0].rstrip(". ")
        raise EncoderError(f"The hub does not give {name!r} out ({reason}).") from error
    except (OSError, ValueError) as error:
        raise EncoderError(_not_here(name, revision, "the hub cannot be reached")) from error
    return Checkpoint(name, folder, folder.name)


def _not_here(name: str, revision: str | None, why: str) -> str:
    at = f" --revision {revision}" if revision else ""
    return (
        f"The encoder {name!r} is not on this machine and {why}: run `hf download {name}{at} "
        "--local-dir FOLDER` where there is a network, bring the folder here, and give its path "
        "in place of the name."
    )


def _is_whole(folder: Path) -> bool:
    described = any((folder / name).is_file() for name in ("config.json", "modules.json"))
    return described and any(
        any(folder.rglob(pattern)) for pattern in ("*.safetensors", "pytorch_model*.bin")
    )


def _checksum(folder: Path) -> str:
    """Return 32 hexadecimal digits that differ whenever a file does that decides the vectors."""
    total = hashlib.sha256()
    files = [file for file in sorted(folder.rglob("*")) if file.suffix in _READ and file.is_file()]
    for file in files:
        with file.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
        total.update(f"{file.relative_to(folder).as_posix()} {digest}\n".encode())
    return total.hexdigest()[:32]
