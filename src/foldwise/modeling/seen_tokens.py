"""Token embeddings of which only those learn whose tokens a training can meet.

A vocabulary is larger than what a competition's texts use of it: of MiniLM's 30,522 tokens 12,616
occur in 7,980 film reviews, of multilingual ones far fewer. The other rows of the matrix never
have a gradient; yet their gradient is filled with zeros, measured, clipped and averaged at every
step, and their moments take eight bytes a value.
"""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

LEAST_SPARED = 0.1  # of the vocabulary; for less, a second look-up is not worth it


class SeenTokenEmbedding(nn.Module):
    """An embedding whose rows for seen tokens are a parameter; the rest stay as they are.

    The rest are not decayed either, where AdamW would have shrunk them at every step. It has
    nothing else of an `nn.Embedding`: no encoder asks its own for more than vectors.

    Attributes:
        weight: (seen tokens, width), in the order of their ids; the padding's is among them, and
            has no gradient, as in any embedding.
        others: (other tokens, width), likewise.
        places: (vocabulary,) the row of a token in both, one after the other.
    """

    others: Tensor
    places: Tensor

    def __init__(self, whole: nn.Embedding, seen: Tensor) -> None:
        super().__init__()
        table = whole.weight.detach()
        is_seen = torch.zeros(len(table), dtype=torch.bool, device=table.device)
        is_seen[seen] = True
        if whole.padding_idx is not None:
            is_seen[whole.padding_idx] = True
        order = torch.cat([is_seen.nonzero()[:, 0], (~is_seen).nonzero()[:, 0]])
        count = int(is_seen.sum())
        self.weight = nn.Parameter(table[order[:count]], whole.weight.requires_grad)
        # not saved: the pretrained weights have them
        self.register_buffer("others", table[order[count:]], persistent=False)
        self.register_buffer("places", torch.argsort(order), persistent=False)
        self._padding = whole.padding_idx
        self._without_gradient = None if self._padding is None else int(self.places[self._padding])

    def forward(self, input_ids: Tensor) -> Tensor:
        """The tokens' vectors, (texts, tokens, width), of (texts, tokens) int64 ids."""
        rows = self.places.index_select(0, input_ids.flatten()).view_as(input_ids)
        is_seen, skipped = rows < len(self.weight), self._without_gradient
        # for other tokens the padding's row, which the gradient skips: nothing is added up there
        at = torch.where(is_seen, rows, skipped or 0)
        seen = functional.embedding(at, self.weight, padding_idx=skipped)
        others = functional.embedding((rows - len(self.weight)).clamp(min=0), self.others)
        return torch.where(is_seen[..., None], seen, others)

    def whole(self) -> nn.Embedding:
        """All rows in one embedding again, in the order of the vocabulary."""
        table = torch.cat([self.weight.detach(), self.others])[self.places]
        rows, width = table.shape
        made = nn.Embedding(rows, width, padding_idx=self._padding, _weight=table)
        return made.requires_grad_(self.weight.requires_grad).train(self.training)


def learn_seen_tokens(backbone: nn.Module, seen: Tensor) -> bool:
    """Let the embeddings of `seen` tokens learn alone; whether the transformer allows it.

    It does not where its embedding does more than look up, where other parts of it use the matrix,
    or where less than a tenth of the vocabulary is left out.

    Args:
        backbone: the transformer, changed in place.
        seen: (tokens,) int64 ids. The padding's may be among them: it does not learn anyway.
    """
    whole = _embedding_of(backbone)
    if not isinstance(whole, nn.Embedding) or not _only_looks_up(whole):
        return False
    names = _names_of(backbone, whole)
    holders = [name for name, p in backbone.named_parameters(remove_duplicate=False)
               if p is whole.weight]  # fmt: skip
    if holders != [f"{name}.weight" for name in names]:
        return False
    if whole.padding_idx is not None:
        seen = seen[seen != whole.padding_idx]
    if not 0 < len(seen) <= (1 - LEAST_SPARED) * len(whole.weight):
        return False
    _replace(backbone, names, SeenTokenEmbedding(whole, seen.to(whole.weight.device)))
    return True


def learn_whole_vocabulary(backbone: nn.Module) -> None:
    """Undo `learn_seen_tokens`: the transformer is of its library's parts again."""
    seen = _embedding_of(backbone)
    if isinstance(seen, SeenTokenEmbedding):
        _replace(backbone, _names_of(backbone, seen), seen.whole())


def _only_looks_up(embedding: nn.Embedding) -> bool:
    """Whether a row of the matrix is all it gives, and all that it changes."""
    options = embedding.max_norm is not None or embedding.sparse or embedding.scale_grad_by_freq
    hooks = embedding._forward_hooks or embedding._forward_pre_hooks
    return type(embedding) is nn.Embedding and not options and not hooks


def _embedding_of(backbone: Any) -> nn.Module | None:
    found: nn.Module | None = backbone.get_input_embeddings()
    return found


def _names_of(backbone: nn.Module, module: nn.Module) -> list[str]:
    """All names of a module: some transformers hold their embedding under two."""
    named = backbone.named_modules(remove_duplicate=False)
    return [name for name, found in named if found is module]


def _replace(backbone: nn.Module, names: list[str], module: nn.Module) -> None:
    for name in names:
        backbone.set_submodule(name, module)
