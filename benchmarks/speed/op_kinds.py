"""What operations of torch are for."""

import re

# the first pattern that is found in an operation's name decides
KINDS: tuple[tuple[str, str], ...] = (
    ("attention", r"scaled_dot_product|flash_attention|efficient_attention|softmax|bmm"),
    ("matrix products", r"addmm|::mm$|linear|matmul|mkldnn|onednn"),
    ("optimizer and clipping", r"adam|foreach|vector_norm|Optimizer|clamp|reciprocal"),
    ("norms", r"layer_norm|group_norm|batch_norm|rms_norm"),
    ("activations and dropout", r"gelu|tanh|relu|silu|dropout|bernoulli"),
    ("embeddings", r"embedding|index_select|gather|scatter"),
    (
        "copies and casts",
        r"copy|::to$|::cat$|::stack$|clone|contiguous|empty|zero|fill|memcpy|memset|pin_memory",
    ),
)
OTHER = "other"


def kind_of(operation: str) -> str:
    """The kind of an operation, by its name in a profile, such as "aten::addmm"."""
    for kind, pattern in KINDS:
        if re.search(pattern, operation, re.IGNORECASE):
            return kind
    return OTHER
