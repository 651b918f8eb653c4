"""What one step minimises: the loss of its texts, and how far two passes over them differ."""

from dataclasses import dataclass

from torch import Tensor

from foldwise.competition.competition import Task
from foldwise.modeling.link import Link
from foldwise.training.losses import Labels, Loss, consistency


@dataclass(frozen=True)
class Objective:
    """A loss, with R-Drop's term where it is asked for.

    Attributes:
        loss: of one pass.
        task: decides how the difference of two passes is measured.
        link: from raw outputs to predictions.
        r_drop: the weight of that difference; 0: one pass. https://arxiv.org/abs/2106.14448
    """

    loss: Loss
    task: Task
    link: Link
    r_drop: float = 0.0

    @property
    def passes(self) -> int:
        """How many times a batch goes through the model, each time with other dropout."""
        return 2 if self.r_drop else 1

    def total(self, outputs: Tensor, labels: Labels) -> Tensor:
        """The sum over the texts, a scalar: its share in a step is that of its texts.

        Args:
            outputs: (passes, texts, raw outputs).
            labels: of these texts.
        """
        texts = outputs.shape[1]
        value = outputs.new_zeros((), dtype=outputs.float().dtype)
        for one_pass in outputs.float():
            loss = self.loss.function(one_pass, labels)
            value = value + (loss.sum() if self.loss.per_text else loss * texts)
        value = value / len(outputs)
        if self.r_drop:
            apart = consistency(self.task, outputs[0].float(), outputs[1].float(), self.link)
            value = value + self.r_drop * apart.sum()
        return value
