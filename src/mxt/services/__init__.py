"""Services: logs, alerts and MLflow. A job starts them in order, and stops them in reverse order."""

from mxt.services.alerts import AlertsService
from mxt.services.logger import LoggerService
from mxt.services.mlflow import MlflowService

__all__ = ["AlertsService", "LoggerService", "MlflowService"]
