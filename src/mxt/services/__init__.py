"""Services: what stands around a job while it runs. Started in order, stopped in reverse."""

from mxt.services.alerts import AlertsService
from mxt.services.logger import LoggerService
from mxt.services.mlflow import MlflowService

__all__ = ["AlertsService", "LoggerService", "MlflowService"]
