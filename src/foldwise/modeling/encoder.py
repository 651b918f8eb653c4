"""A pretrained transformer: from tokens to hidden states."""

import inspect
from contextlib import AbstractContextManager, nullcontext
from typing import Any, cast

import torch
from torch import Tensor, nn

from foldwise.errors import UsageError
from foldwise.modeling.entrance import Entrance, entrance_of
from foldwise.modeling.layer_groups import LayerGroup
from foldwise.modeling.packing import PACKED, PLAIN, Packing, Places, packing_of
from foldwise.modeling.probing import is_told_alike, padding_change
from foldwise.modeling.seen_tokens import learn_seen_tokens, learn_whole_vocabulary
from foldwise.modeling.structure import TRACED_TOKENS, find_layers, traced_structure

XLNET_CLASSIFIER_SEGMENT = 2  # of the classifier's token, in XLNet's pretraining
ROW_MULTIPLE = 32  # tokens, packed for kernels that are compiled for their number
PADDING_TOLERANCE = 1e-4  # of the largest hidden value; rounding in float32 is below 1e-6


class Encoder(nn.Module):
    """A transformer of any family that reads whole texts, and what its parameters are for.

    A plain module around the transformer, not one of transformers' own classes: those initialise
    every module below them anew, a custom head too.

    Parameters that no output depends on (XLNet's mask embedding, a pooler that cannot be left out)
    are frozen, so that every trainable parameter gets a gradient; `unused` names them.

    Raises:
        UsageError: the layers cannot be found, or padding changes what the transformer computes.

    Attributes:
        backbone: the transformer.
        width: of a hidden state.
        depth: how many layers' hidden states there are, the embeddings' not counted.
        unused: the dotted names, in the backbone, of the parameters frozen for that reason.
        is_packed: whether it computes tokens alone, and no padding; where that was wanted and its
            attention allows it.
    """

    def __init__(self, backbone: nn.Module, config: Any) -> None:
        super().__init__()
        self.backbone = backbone
        self.width = int(config.hidden_size)
        self.depth = int(config.num_hidden_layers)
        self._family = str(config.model_type)
        self._takes_segments = _takes(backbone, "token_type_ids")
        self.is_packed = False
        padding = int(getattr(config, "pad_token_id", None) or 0)
        self._padding = padding
        self._is_told = False  # of where tokens are: until it is known to change nothing
        layers = find_layers(backbone, config)
        self._structure = traced_structure(backbone, layers, self._run_on_ids)
        self.unused = self._structure.unused
        for name in self.unused:
            backbone.get_parameter(name).requires_grad_(False)
        self._check_padding(padding)
        # plain attention adds a mask of booleans as ones: small weights would not show it
        told = self._family in PLAIN and _attention_of(backbone) in ("sdpa", PACKED)
        self._is_told = told
        self._is_told = told and is_told_alike(self, padding)
        self.is_packed = self._is_told and _attention_of(backbone) == PACKED
        self.is_packed = self.is_packed and is_told_alike(self, padding)
        self._entrance = self._seen_entrance()

    @property
    def can_be_entered(self) -> bool:
        """Whether `forward` can begin above the lowest layers; not where layers share weights."""
        return self._entrance is not None

    def forward(
        self,
        input_ids: Tensor,
        attention_mask: Tensor,
        token_type_ids: Tensor | None = None,
        last_layers: int = 1,
        *,
        below: Tensor | None = None,
        skipped: int = 0,
        places: Places | None = None,
    ) -> tuple[Tensor, ...]:
        """The hidden states of the last layers, the last one last: each (texts, tokens, width).

        Args:
            input_ids: (texts, tokens) int64.
            attention_mask: (texts, tokens), true or 1 at tokens, false or 0 at padding.
            token_type_ids: (texts, tokens) int64 segments, for the families that have them.
            last_layers: how many layers' hidden states, from 1 to `depth`.
            below: (texts, tokens, width), what `entering` gave for layer `skipped`: the layers
                below it are not computed, and have no hidden states.
            skipped: how many layers that are, at most `depth` + 1 - `last_layers`.
            places: what the mask says, known to the processor: nothing has to wait for a GPU to
                find out whether there is padding, and texts can be packed. Without it they are not.
        """
        self.check_layers(last_layers)
        self._check_segments(token_type_ids)
        packing = self._packing(places, input_ids.device)
        if packing is not None:
            options = self._packed_options(packing, input_ids, token_type_ids)
            row = None if below is None else packing.packed(below)
            with self._from(row, skipped):
                states = self._states(packing.packed(input_ids), options, last_layers)
            return tuple(packing.padded(state) for state in states)
        options = self._options(attention_mask, token_type_ids, places)
        with self._from(below, skipped):
            return self._states(input_ids, options, last_layers)

    def _packing(self, places: Places | None, device: torch.device) -> Packing | None:
        """How a batch is packed; None where it stays as it is."""
        if places is None or not self.is_packed or not places.are_some:
            return None
        # oneDNN makes its kernels for bf16 anew for every number of rows, which takes milliseconds
        is_compiled = device.type == "cpu" and torch.is_autocast_enabled("cpu")
        return packing_of(places, device, ROW_MULTIPLE if is_compiled else 1)

    def _states(
        self, input_ids: Tensor, options: dict[str, Any], last_layers: int
    ) -> tuple[Tensor, ...]:
        if last_layers == 1:
            return (self.backbone(input_ids, **options).last_hidden_state,)
        output = self.backbone(input_ids, output_hidden_states=True, **options)
        # the last one is what the encoder puts out: XLNet's hidden state is without its dropout
        return (*output.hidden_states[-last_layers:-1], output.last_hidden_state)

    def _packed_options(
        self, packing: Packing, input_ids: Tensor, segments: Tensor | None
    ) -> dict[str, Any]:
        positions = packing.positions
        if PLAIN[self._family]:
            # the padding's id has no position, in a text neither: one may spell it out
            counts = input_ids.ne(self._padding)
            positions = packing.packed(counts.cumsum(1) * counts + self._padding)
        options: dict[str, Any] = {"position_ids": positions, "packing": packing}
        return (
            options if segments is None else options | {"token_type_ids": packing.packed(segments)}
        )

    def entering(
        self,
        input_ids: Tensor,
        attention_mask: Tensor,
        token_type_ids: Tensor | None = None,
        *,
        layer: int,
        places: Places | None = None,
    ) -> Tensor:
        """The hidden states that enter a layer: (texts, tokens, width); nothing reads padding's.

        Args:
            input_ids: as in `forward`, like the next two.
            attention_mask: see there.
            token_type_ids: see there.
            layer: its number, the lowest is 0.
            places: what the mask says, known to the processor: see `forward`.
        """
        self._check_segments(token_type_ids)
        packing = self._packing(places, input_ids.device)
        if packing is not None:
            options = self._packed_options(packing, input_ids, token_type_ids)
            return packing.padded(self._reached(packing.packed(input_ids), options, layer))
        return self._reached(
            input_ids, self._options(attention_mask, token_type_ids, places), layer
        )

    def _reached(self, input_ids: Tensor, options: dict[str, Any], layer: int) -> Tensor:
        entered = self.layers()[layer]
        return self._checked_entrance().reached(
            entered, lambda: self.backbone(input_ids, **options)
        )

    def _from(self, below: Tensor | None, skipped: int) -> AbstractContextManager[None]:
        if below is None:
            return nullcontext()
        return self._checked_entrance().entered(self.layers(), below, skipped)

    def _checked_entrance(self) -> Entrance:
        if self._entrance is None:
            raise ValueError(f"a {self._family} encoder cannot be entered above its lowest layers")
        return self._entrance

    def token_embeddings(self) -> nn.Parameter:
        """The matrix of the tokens' vectors, (vocabulary, width), or those that learn."""
        backbone: Any = self.backbone  # every transformer of the library has it
        return cast("nn.Parameter", backbone.get_input_embeddings().weight)

    def learn_seen_tokens(self, seen: Tensor) -> bool:
        """Let the embeddings of `seen` tokens, (tokens,) int64 ids, learn alone, if it can be done.

        What is computed stays the same; other tokens keep the vectors they have.
        """
        return learn_seen_tokens(self.backbone, seen)

    def learn_whole_vocabulary(self) -> None:
        """Undo `learn_seen_tokens`, before the weights are saved."""
        learn_whole_vocabulary(self.backbone)

    def check_layers(self, last_layers: int) -> None:
        """Check that there are so many layers.

        Raises:
            UsageError: there are fewer.
        """
        if not 1 <= last_layers <= self.depth:
            raise UsageError(
                f"pooling.layers must be from 1 to {self.depth}, the layers of this "
                f"{self._family} encoder, got {last_layers}; lower pooling.layers"
            )

    def layer_groups(self) -> list[LayerGroup]:
        """The layer groups "embeddings", "layer 0" .. "layer n-1", from the bottom up.

        What works after the last layer (a final norm) is in the last layer's group. What is outside
        the layers and works before or between them is in "embeddings": DeBERTa's relative positions
        too. ALBERT's layers that share their weights are one layer group.
        """
        count = len(self.layers())
        names = ["embeddings", *(f"layer {i}" for i in range(count))]
        groups: dict[str, dict[str, nn.Parameter]] = {name: {} for name in names}
        for name, parameter in self.backbone.named_parameters():
            home = "embeddings"
            if (number := self._structure.layer_of(name)) is not None:
                home = f"layer {number}"
            elif name.rpartition(".")[0] in self._structure.above:
                home = names[-1]
            groups[home][name] = parameter
        return [LayerGroup(name, named).inside("backbone") for name, named in groups.items()]

    def layers(self) -> nn.ModuleList:
        """The transformer's layers, from the bottom up.

        Without `has_whole_layers` each is a list of its parts, which run one after the other.
        """
        lists = [self.backbone.get_submodule(name) for name in self._structure.layers]
        if self.has_whole_layers:
            return cast("nn.ModuleList", lists[0])
        parts = zip(*(cast("nn.ModuleList", modules) for modules in lists), strict=True)
        return nn.ModuleList(nn.ModuleList(of_one) for of_one in parts)

    @property
    def has_whole_layers(self) -> bool:
        """Whether each layer is a module that is called; in XLM, its parts are."""
        return len(self._structure.layers) == 1

    def _check_padding(self, padding: int) -> None:
        change = padding_change(self, padding)
        if change > PADDING_TOLERANCE:
            raise UsageError(
                f"padding must never change a prediction, but it changes the hidden states of this "
                f"{self._family} encoder by {change:.2%}; choose one whose layers mask padding"
            )

    def _check_segments(self, segments: Tensor | None) -> None:
        if segments is not None and not self._takes_segments:
            raise ValueError(
                f"a {self._family} encoder has no segments, but token_type_ids were given; "
                "pass None"
            )

    def _options(
        self, mask: Tensor, segments: Tensor | None, places: Places | None = None
    ) -> dict[str, Any]:
        options: dict[str, Any] = {"attention_mask": self._mask(mask, places)}
        if self._family == "xlnet":
            options["use_mems"] = False  # a memory of earlier texts, kept by default in evaluation
            segments = _xlnet_segments(mask) if segments is None else segments
        return options if segments is None else {**options, "token_type_ids": segments}

    def _mask(self, mask: Tensor, places: Places | None) -> Tensor | None:
        """What the transformer is told: of one mask a token it would ask the GPU if any is 0."""
        if places is None or not self._is_told:
            return mask.long()  # XLNet subtracts it from 1
        if places.are_all:
            return None
        return mask.bool()[:, None, None, :].expand(-1, 1, mask.shape[1], -1)

    @torch.no_grad()
    def _seen_entrance(self) -> Entrance | None:
        if len(self.layers()) != self.depth:
            return None
        ids = torch.arange(TRACED_TOKENS, device=next(self.parameters()).device)[None]
        was_training = self.backbone.training
        self.backbone.eval()
        self._entrance = entrance_of(self.layers()[0], self._run_on_ids, ids)
        works = self._entrance is not None and all(
            self._is_entered_alike(ids, layer)
            for layer in {1, self.depth - 1} & set(range(1, self.depth))
        )
        self.backbone.train(was_training)
        return self._entrance if works else None

    def _is_entered_alike(self, ids: Tensor, layer: int) -> bool:
        """Whether going on from a layer gives what the whole gives.

        It does not in DeBERTa-v2 with its convolution, which adds to what the first layer puts out.
        """
        mask = torch.ones_like(ids)
        whole = self(ids, mask)[0]
        entered = self(ids, mask, below=self.entering(ids, mask, layer=layer), skipped=layer)[0]
        return bool(torch.allclose(entered, whole, rtol=1e-4, atol=1e-5))

    def _run_on_ids(self, input_ids: Tensor) -> Tensor:
        output: Tensor = self(input_ids, torch.ones_like(input_ids))[0]
        return output


def _takes(backbone: nn.Module, argument: str) -> bool:
    return argument in inspect.signature(backbone.forward).parameters


def _attention_of(backbone: Any) -> str:
    return str(backbone.config._attn_implementation)


def _xlnet_segments(mask: Tensor) -> Tensor:
    """The segments of single texts as XLNet's tokenizer makes them: (texts, tokens) int64."""
    places = torch.arange(mask.shape[1], device=mask.device)
    last = (places * mask.long()).amax(dim=1, keepdim=True)
    return (places == last).long() * XLNET_CLASSIFIER_SEGMENT
