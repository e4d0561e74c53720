"""Photographs as the networks of Silhouette see them, for models that it has exported."""

from silhouette.pictures import read_picture
from silhouette.preprocessor import Preprocessor

__all__ = ["Preprocessor", "read_picture"]
