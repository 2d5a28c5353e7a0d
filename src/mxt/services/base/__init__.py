"""What every service does: start before the job, stop after it, whatever happened."""

from abc import ABC, abstractmethod

from mxt.kinds import Strict


class Service(Strict, ABC):
    """Something around a job that is started before it and stopped after it."""

    @abstractmethod
    def start(self) -> None:
        """Make ready.

        Raises:
            ServiceError: What the service needs does not answer.
        """

    @abstractmethod
    def stop(self) -> None:
        """Leave nothing behind; never raises."""
