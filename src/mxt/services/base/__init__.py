"""The base of services: each starts before the job, and stops after it, whatever happened."""

from abc import ABC, abstractmethod

from mxt.kinds import Strict


class Service(Strict, ABC):
    """A connection to the world around a job, open while the job runs."""

    @abstractmethod
    def start(self) -> None:
        """Open the connection.

        Raises:
            ServiceError: The other side does not answer.
        """

    @abstractmethod
    def stop(self) -> None:
        """Close the connection and free what `start` took; never raises."""
