"""The errors of this package: what was expected, what came, and what to do next, with a code that stays the same between versions."""


class SilhouetteError(ValueError):
    """
    What was given cannot be used. The codes are those of ``TrainerErrorCode`` in packages/trainer/src/values/errors.ts, and some of this
    package, such as ``CLUSTER_NOT_FOUND``.
    """

    def __init__(self, code: str, message: str, hint: str = "") -> None:
        """
        :param code: for programs
        :param message: what was expected, what came, and where
        :param hint: what to do next, as sentences
        """
        super().__init__(message)
        self.code, self.message, self.hint = code, message, hint

    def __reduce__(self) -> tuple:
        return type(self), (self.code, self.message, self.hint)


class PictureError(SilhouetteError):
    """
    A picture that cannot be used. The message is the end of a sentence that starts with the picture's name; the codes are those of
    ``SkipReason`` in packages/trainer/src/dataset/skip.ts, and ``DECODER_CRASHED`` of jobs.
    """
