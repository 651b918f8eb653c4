"""A fold's model, and what learns in each of its stages."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.amp.grad_scaler import GradScaler

from foldwise.competition.competition import Task
from foldwise.modeling.model import TextModel
from foldwise.settings import Settings
from foldwise.training.adversary import adversary_of
from foldwise.training.anchor import Anchor, anchor_of
from foldwise.training.averaging import Average, average_of
from foldwise.training.collapse import rates_of_attempt
from foldwise.training.fold_state import FoldState, values_of
from foldwise.training.forward import Forward
from foldwise.training.frozen_states import FrozenStates, frozen_layers
from foldwise.training.loop import Learner
from foldwise.training.losses import training_loss
from foldwise.training.objective import Objective
from foldwise.training.param_groups import adamw
from foldwise.training.schedules import Scheduler
from foldwise.training.stages import StagePlan, learned_names, stage_plans
from foldwise.training.team import ALONE, Team


@dataclass(frozen=True, eq=False)
class FoldModel:
    """A model, and what stays with it over all stages.

    Attributes:
        model: on its device.
        task: what it predicts.
        plans: the stages.
        learned: everything that changes in some stage, by name: the model's own tensors.
        anchor, average: None where the settings ask for none.
        scaler: of fp16; does nothing in other formats.
    """

    model: TextModel
    task: Task
    plans: list[StagePlan]
    learned: dict[str, Tensor]
    scaler: GradScaler
    anchor: Anchor | None = None
    average: Average | None = None


def fold_model(
    model: TextModel,
    chosen: Settings,
    task: Task,
    epoch: int,
    vocabulary: NDArray[np.int64] | None = None,
) -> FoldModel:
    """The model with everything it takes through its stages; it has not been trained yet.

    Embeddings learn for the tokens of the training rows alone, which changes nothing for them but
    what mixout draws. An adversary, which moves weights by a share of the whole matrix's norm, has
    it whole.

    Args:
        model: on its device.
        chosen: the experiment.
        task: what it predicts.
        epoch: the steps of one.
        vocabulary: the ids of the tokens that occur in the training rows; None: all of them may.
    """
    plans = stage_plans(chosen, epoch, [group.name for group in model.layer_groups()])
    learns = any("embeddings" in plan.learns for plan in plans)
    if vocabulary is not None and learns and chosen.regularization.adversarial == "none":
        model.encoder.learn_seen_tokens(torch.from_numpy(vocabulary))
    hardware = chosen.hardware
    return FoldModel(
        model=model,
        task=task,
        plans=plans,
        learned=values_of(model, learned_names(model, plans)),
        scaler=GradScaler(hardware.device, enabled=hardware.precision == "fp16"),
        anchor=anchor_of(model, chosen),
        average=average_of(chosen.averaging, plans[-1].last),
    )


def new_learner(
    chosen: Settings,
    made: FoldModel,
    plan: StagePlan,
    state: FoldState,
    frozen: FrozenStates | None = None,
    team: Team = ALONE,
) -> Learner:
    """The learner of one stage, with a new optimizer, its schedule where the state has got to.

    Args:
        chosen: the experiment.
        made: the model, of which just what learns in this stage requires a gradient.
        plan: the stage.
        state: of the fold: steps and attempts so far.
        frozen: what the frozen part puts out, if it is computed once.
        team: whose gradients are summed at each step.
    """
    model = made.model
    held = made.anchor.pretrained if made.anchor and made.anchor.decay else {}
    # decay towards the pretrained weights replaces that towards 0
    optimizer = adamw(model, plan.rates, chosen.optimizer, undecayed=held)
    for group in optimizer.param_groups:
        group["lr"] *= rates_of_attempt(state.attempt)
    return Learner(
        model=model,
        forward=Forward(model, chosen.hardware, frozen),
        optimizer=optimizer,
        scheduler=Scheduler(optimizer, plan.schedule, plan.steps, state.step - plan.after),
        scaler=made.scaler,
        objective=Objective(
            loss=training_loss(chosen.loss, made.task, model.link),
            task=made.task,
            link=model.link,
            r_drop=chosen.regularization.r_drop,
        ),
        max_norm=chosen.optimizer.max_norm,
        learned=made.learned,
        frozen_layers=frozen_layers(model),
        anchor=made.anchor,
        adversary=adversary_of(model, chosen.regularization, made.plans[-1].last),
        average=made.average,
        team=team,
    )


def group_rates(learner: Learner) -> dict[str, float]:
    """The rate of each layer group in the step to come, bottom up; frozen ones are left out."""
    rates: dict[int, float] = {}
    groups: list[dict[str, Any]] = learner.optimizer.param_groups
    for group in groups:
        rates |= {id(parameter): group["lr"] for parameter in group["params"]}
    return {
        group.name: next(rates[id(p)] for p in group.parameters() if id(p) in rates)
        for group in learner.model.layer_groups()
        if any(id(p) in rates for p in group.parameters())
    }
