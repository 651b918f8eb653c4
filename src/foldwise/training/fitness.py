"""Whether settings fit what they are for: the competition's task, rows and labels, the encoder."""

from contextlib import suppress

from foldwise.encoders import EncoderFiles, resolve_encoder
from foldwise.errors import Complaints, UsageError
from foldwise.settings import Settings
from foldwise.settings.combinations import unfit_for, unfit_for_layers
from foldwise.training.corpus import Corpus


def check_fit(wanted: Settings, corpus: Corpus, encoder: EncoderFiles | None) -> None:
    """Check that the settings make sense for the competition and the encoder.

    Raises:
        UsageError: some do not; all at once.
    """
    complaints = Complaints()
    complaints.extend(unfit(wanted, corpus, encoder))
    complaints.raise_if_any(UsageError)


def unfit(wanted: Settings, corpus: Corpus, encoder: EncoderFiles | None) -> list[str]:
    """One complaint for each setting that makes no sense here; of the encoder only its config.

    Raises:
        UsageError: the encoder's config cannot be read.
    """
    loaded = corpus.loaded
    task = loaded.competition.task
    classes = loaded.outputs if task == "classification" else ()
    noisy = loaded.train.target_sd is not None
    complaints = list(unfit_for(wanted, task, classes, has_target_sd=noisy))
    return complaints if encoder is None else complaints + _too_few_layers(wanted, encoder)


def encoder_here(wanted: Settings) -> EncoderFiles | None:
    """The encoder, if it is on this machine; if not, its run fetches it, or tells of it."""
    if wanted.kind != "encoder":
        return None
    with suppress(UsageError):
        return resolve_encoder(wanted.encoder.name, allow_download=False)
    return None


def _too_few_layers(wanted: Settings, encoder: EncoderFiles) -> list[str]:
    from foldwise.modeling.loading import layer_counts  # imports transformers, for seconds

    counts = layer_counts(encoder.folder)
    complaints = list(unfit_for_layers(wanted, counts.groups))
    if wanted.pooling.layers > counts.states:
        complaints.append(
            f"pooling.layers={wanted.pooling.layers} is more than the {counts.states} layers of "
            f"the encoder: lower it"
        )
    return complaints
