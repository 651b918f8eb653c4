"""Random numbers that depend on what they are for, never on what ran before."""

import zlib

import numpy as np


def seed_for(purpose: str, *numbers: int) -> int:
    """A 63-bit seed from a purpose ("dropout") and numbers (seed, fold, step ...).

    Nothing has to be saved to resume: the seed of step 700 is known without the 699 before it.
    https://numpy.org/doc/stable/reference/random/bit_generators/generated/numpy.random.SeedSequence.html
    """
    sequence = np.random.SeedSequence([zlib.crc32(purpose.encode()), *numbers])
    return int(sequence.generate_state(1, np.uint64)[0] >> np.uint64(1))
