"""Photographs as the networks of Silhouette see them, and datasets of them: for models that it has exported, and on many machines."""

from silhouette.dataset import Dataset, Row, describe, encode_dataset, read_dataset, write_dataset
from silhouette.errors import PictureError, SilhouetteError
from silhouette.pictures import read_picture
from silhouette.preprocessor import Preprocessor

__all__ = [
    "Dataset",
    "PictureError",
    "Preprocessor",
    "Row",
    "SilhouetteError",
    "describe",
    "encode_dataset",
    "read_dataset",
    "read_picture",
    "write_dataset",
]
