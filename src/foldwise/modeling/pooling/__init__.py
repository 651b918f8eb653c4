"""Poolings: from the tokens' vectors to one vector a text, blind to padding."""

from foldwise.modeling.pooling.attention import AttentionPooling
from foldwise.modeling.pooling.building import build_pooling
from foldwise.modeling.pooling.extremes import MaxPooling, MinPooling, TopPooling
from foldwise.modeling.pooling.flat import FlatPooling
from foldwise.modeling.pooling.pooling import Pooling, WeightedPooling
from foldwise.modeling.pooling.power import PowerPooling
from foldwise.modeling.pooling.recurrent import RecurrentPooling
from foldwise.modeling.pooling.states import LayerMean, StatesPooling
from foldwise.modeling.pooling.tokens import ClsPosition, FirstTokenPooling, MeanPooling

__all__ = [
    "AttentionPooling",
    "ClsPosition",
    "FirstTokenPooling",
    "FlatPooling",
    "LayerMean",
    "MaxPooling",
    "MeanPooling",
    "MinPooling",
    "Pooling",
    "PowerPooling",
    "RecurrentPooling",
    "StatesPooling",
    "TopPooling",
    "WeightedPooling",
    "build_pooling",
]
