"""Titles and slugs that Kaggle accepts, made so that one follows from the other.

Kaggle makes the slug of a new kernel or dataset from its title, and refuses metadata whose id has
another one. https://github.com/Kaggle/kaggle-api/blob/main/docs/kernels_metadata.md
"""

import re

from foldwise.errors import UsageError
from foldwise.storage import sha256_of_strings

SHORTEST, LONGEST = 6, 50  # characters of a dataset's title; a kernel's may have five
DIGITS = 8  # of the hash that tells long names apart
OWNER = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{1,38}[A-Za-z0-9]")
NOBODY = "your-user-name"  # what stands in for the owner until there is one


def slug_of(title: str) -> str:
    """The slug that Kaggle makes of a title: small letters, digits, and single dashes."""
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")


def title_of(*words: str) -> str:
    """A title of `words` between 6 and 50 characters long, whose slug is itself with dashes.

    One that would be longer is cut, and ends with a hash of the whole, so that different names
    stay different.
    """
    slug = slug_of(" ".join(words))
    if len(slug) > LONGEST:
        digest = sha256_of_strings(slug)[:DIGITS]
        slug = f"{slug[: LONGEST - DIGITS - 1].strip('-')}-{digest}"
    if len(slug) < SHORTEST:
        slug = f"foldwise-{slug}".strip("-")
    return slug.replace("-", " ")


def checked_owner(owner: str) -> str:
    """`owner`, if it can be a user's name on Kaggle.

    Raises:
        UsageError: it cannot.
    """
    if not OWNER.fullmatch(owner):
        raise UsageError(
            f"--owner is a Kaggle user name, 3 to 40 letters, digits and dashes, as in the address "
            f"of the profile; got {owner!r}"
        )
    return owner
