"""The base of every table of settings, and the kinds of values they hold."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Share = Annotated[float, Field(ge=0, le=1)]
Dropout = Annotated[float, Field(ge=0, lt=1)]  # a chance; 1 would leave nothing to learn from
Rate = Annotated[float, Field(ge=0, le=1)]  # a peak learning rate
Weight = Annotated[float, Field(ge=0)]  # how much a term counts; 0: it is left out
Positive = Annotated[float, Field(gt=0)]
Count = Annotated[int, Field(ge=1)]
CountOrNone = Annotated[int, Field(ge=0)]  # 0: none, or all, as the field says


class Section(BaseModel):
    """A table of settings that refuses unknown keys, takes no NaN, and never changes."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)
